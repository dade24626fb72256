import { startCluster } from './cluster.ts';
import type { Figure } from './figure.ts';
import { say, withResources } from './resources.ts';
import { taskStart } from './task-start.ts';
import { throughput } from './throughput.ts';

/** What issue 2 promises, each beside a reference of the same run. */
export async function core(): Promise<readonly Figure[]> {
  const startedAt = performance.now();
  const figures = await withResources(async (resources) => {
    const cluster = await startCluster(resources);
    return [...(await taskStart(resources, cluster)), ...(await throughput(resources, cluster))];
  });
  say(`bench core took ${Math.round((performance.now() - startedAt) / 1000)} s`);
  return figures;
}
