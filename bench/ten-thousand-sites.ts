import { type Call, connect } from '../src/api/call.ts';
import { overSocket } from '../src/cli/connection.ts';
import { type Cluster, withClient } from './cluster.ts';
import { type Figure, figure, percentile } from './figure.ts';
import { memoryMb } from './memory.ts';
import { startHub, startIdleNode, startWorker } from './programs.ts';
import { type Resources, say } from './resources.ts';
import { seedSites } from './seed-sites.ts';

const [sites, rounds, pageRows] = [10_000, 60, 50];
const goalMs = 200;
const [hubGoalMb, workerGoalMb] = [200, 150];

/** Memory of a hub and a worker before and after there are 10,000 sites and somebody looks at them, and how long a look takes. */
export async function tenThousandSites(resources: Resources, cluster: Cluster): Promise<readonly Figure[]> {
  const farm = await cluster.farm('ten_thousand');
  const idle = await startIdleNode(resources);
  const hub = await startHub(resources, farm);
  const worker = await startWorker(resources, farm, 2);
  const call = connect(overSocket(farm.socketPath));
  say('memory: hub and worker at rest');
  const reference = await memoryMb(idle.pid);
  const memory = (name: string, value: number, goalMb: number): Figure =>
    figure({
      name: `memory of ${name} (beside: a Node.js that waits)`,
      ...{ unit: 'MB', value, reference },
      goal: `under ${goalMb} MB, for it shares a small server with the sites`,
      ok: (mb) => mb < goalMb,
    });
  const figures = [
    memory('the hub at rest', await memoryMb(hub.pid), hubGoalMb),
    memory('the worker at rest', await memoryMb(worker.pid), workerGoalMb),
  ];
  await seedSites(farm.databaseUrl, sites);
  figures.push(
    memory('the hub, 10,000 sites', await memoryMb(hub.pid), hubGoalMb),
    memory('the worker, 10,000 sites', await memoryMb(worker.pid), workerGoalMb),
  );
  figures.push(...(await lists(call, farm.databaseUrl)));
  await walk(call);
  figures.push(memory('the hub, all 10,000 listed', await memoryMb(hub.pid), hubGoalMb));
  for (const one of [worker, hub, idle]) await one.end();
  return figures;
}

async function lists(call: Call, databaseUrl: string): Promise<readonly Figure[]> {
  say(`list of sites: ${rounds} requests of each kind at ${sites} sites`);
  const deep = await cursorAt(call, sites - 1000);
  const kinds: readonly (readonly [string, NonNullable<Parameters<typeof call<'site list'>>[1]['query']>])[] = [
    ['first page', {}],
    ['page from row 9,000', { after: deep }],
    ['of one platform, disabled', { platform: 'platform11', status: 'disabled' }],
    ['that has 777 anywhere', { q: '777' }],
  ];
  const reference = percentile(await plainPages(databaseUrl), 0.95);
  const figures: Figure[] = [];
  for (const [name, query] of kinds) {
    const values: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const startedAt = performance.now();
      const page = await call('site list', { query: { limit: pageRows, ...query } });
      values.push(performance.now() - startedAt);
      if (page.items.length === 0) throw new Error(`no site is in the list: ${name}`);
    }
    say(`  ${name}: least ${Math.min(...values).toFixed(1)} ms, median ${percentile(values, 0.5).toFixed(1)} ms`);
    figures.push(
      figure({
        name: `list of 10,000 sites, ${name}, 95th percentile (beside: plain SQL of a page)`,
        ...{ unit: 'ms', value: percentile(values, 0.95), reference },
        goal: `under ${goalMs} ms`,
        ok: (value) => value < goalMs,
      }),
    );
  }
  return figures;
}

async function cursorAt(call: Call, row: number): Promise<string> {
  let after: string | undefined;
  for (let at = 0; at < row; at += 200)
    after = (await call('site list', { query: { limit: 200, ...(after && { after }) } })).next ?? undefined;
  if (after === undefined) throw new Error('the list ended early');
  return after;
}

/** The same rows without the hub: what PostgreSQL and its client need. */
function plainPages(databaseUrl: string): Promise<readonly number[]> {
  return withClient(databaseUrl, async (client) => {
    const values: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const startedAt = performance.now();
      await client.query(`
        select site.*, platform.name as platform_name from site join platform on platform.id = site.platform_id
        where site.status <> 'deleted' order by site.name, site.id limit ${pageRows}`);
      values.push(performance.now() - startedAt);
    }
    return values;
  });
}

/** Every page once. */
async function walk(call: Call): Promise<void> {
  let [after, seen]: [string | null, number] = [null, 0];
  do {
    const page: Awaited<ReturnType<typeof call<'site list'>>> = await call('site list', {
      query: { limit: 200, ...(after !== null && { after }) },
    });
    [after, seen] = [page.next, seen + page.items.length];
  } while (after !== null);
  if (seen !== sites) throw new Error(`${seen} sites are in the list`);
}
