import { type Cluster, startCluster } from './cluster.ts';
import type { Figure } from './figure.ts';
import { startHosting } from './hosting.ts';
import { nginxScale } from './nginx-scale.ts';
import { platformVerify } from './platform-verify.ts';
import { type Resources, say, withResources } from './resources.ts';
import { siteTasks } from './site-tasks.ts';
import { taskStart } from './task-start.ts';
import { tenThousandSites } from './ten-thousand-sites.ts';
import { throughput } from './throughput.ts';

type Part = (resources: Resources, cluster: Cluster) => Promise<readonly Figure[]>;

const parts: Readonly<Record<string, Part>> = {
  start: taskStart,
  throughput,
  tasks: async (resources, cluster) => {
    const hosting = await startHosting(resources, cluster);
    const figures = [...(await siteTasks(hosting)), ...(await platformVerify(hosting))];
    await hosting.end();
    return figures;
  },
  sites: tenThousandSites,
  nginx: nginxScale,
};

/** What issue 2 promises, each beside a reference of the same run. AEGIR_BENCH_PARTS='start sites' measures these parts only. */
export async function core(): Promise<readonly Figure[]> {
  const wanted = process.env['AEGIR_BENCH_PARTS']?.split(/\W+/) ?? Object.keys(parts);
  const startedAt = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedAt) / 1000);
  const figures = await withResources(async (resources) => {
    const cluster = await startCluster(resources);
    const all: Figure[] = [];
    for (const [name, part] of Object.entries(parts)) {
      if (!wanted.includes(name)) continue;
      all.push(...(await part(resources, cluster)));
      say(`  ${seconds()} s so far`);
    }
    return all;
  });
  say(`bench core took ${seconds()} s`);
  return figures;
}
