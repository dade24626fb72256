import { startCluster } from './cluster.ts';
import type { Figure } from './figure.ts';
import { startHosting } from './hosting.ts';
import { platformVerify } from './platform-verify.ts';
import { say, withResources } from './resources.ts';
import { siteTasks } from './site-tasks.ts';
import { taskStart } from './task-start.ts';
import { throughput } from './throughput.ts';

/** What issue 2 promises, each beside a reference of the same run. */
export async function core(): Promise<readonly Figure[]> {
  const startedAt = performance.now();
  const figures = await withResources(async (resources) => {
    const cluster = await startCluster(resources);
    const only = process.env['AEGIR_BENCH_ONLY'];
    if (only === 'hosting') {
      const h = await startHosting(resources, cluster);
      return [...(await siteTasks(h)), ...(await platformVerify(h))];
    }
    const first = [...(await taskStart(resources, cluster)), ...(await throughput(resources, cluster))];
    const hosting = await startHosting(resources, cluster);
    return [...first, ...(await siteTasks(hosting)), ...(await platformVerify(hosting))];
  });
  say(`bench core took ${Math.round((performance.now() - startedAt) / 1000)} s`);
  return figures;
}
