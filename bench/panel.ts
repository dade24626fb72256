import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Call, connect } from '../src/api/call.ts';
import { type EndpointName, endpointOf, type Input } from '../src/api/endpoints.ts';
import { overSocket } from '../src/cli/connection.ts';
import { buildPanel } from '../src/setup/panel.ts';
import { seedFarm, wholeFarm } from '../tests/kit/seeded-farm.ts';
import { startCluster, withClient } from './cluster.ts';
import { type Figure, figure, percentile } from './figure.ts';
import { startHub } from './programs.ts';
import { say, withResources } from './resources.ts';

const [rounds, goalMs, wholeGoalKb] = [20, 200, 420];

/** What the panel asks for, at 10,000 sites, 100,000 tasks and 1,000,000 events, and what a browser loads first. */
export const panel = (): Promise<readonly Figure[]> =>
  withResources(async (resources) => {
    const farm = await (await startCluster(resources)).farm('panel');
    say('panel: seeding 10,000 sites, 100,000 tasks, 1,000,000 events');
    await seedFarm(farm.databaseUrl, wholeFarm);
    await startHub(resources, farm);
    const reference = await plainPages(farm.databaseUrl);
    const call = connect(overSocket(farm.socketPath));
    const figures: Figure[] = [];
    for (const one of asked) figures.push(await timed(call, one, reference));
    return [...figures, await wholePanel()];
  });

async function timed(call: Call, { title, name, input }: Asked, reference: number): Promise<Figure> {
  const values: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startedAt = performance.now();
    await call(name, input as Input<typeof name>); // Written below for exactly this endpoint.
    values.push(performance.now() - startedAt);
  }
  return figure({
    name: `${title}, 95th percentile (beside: plain SQL of a page of tasks)`,
    ...{ unit: 'ms', value: percentile(values, 0.95), reference },
    goal: `under ${goalMs} ms`,
    ok: (ms) => ms < goalMs,
  });
}

interface Asked {
  readonly title: string;
  readonly name: EndpointName;
  readonly input: object;
}

/** Every list in its own order and in each of its others, searched and narrowed as one would. */
const asked: readonly Asked[] = [
  ...sorts('site list', {}),
  ...sorts('task list', {}),
  ...sorts('backup list', {}),
  ...sorts('platform list', {}),
  ...sorts('server list', {}),
  ...sorts('client list', {}),
  ...sorts('account list', {}),
  { title: 'site list, searched', name: 'site list', input: { query: { q: 'department 77', limit: 100 } } },
  { title: 'site list, of a platform', name: 'site list', input: { query: { platform: 'd9-04', limit: 100 } } },
  { title: 'task list, searched', name: 'task list', input: { query: { q: 'shop77', limit: 100 } } },
  { title: 'task list, failed', name: 'task list', input: { query: { status: 'failed', limit: 100 } } },
  { title: 'task list, of a site', name: 'task list', input: { query: { noun: 'site', subject: '7', limit: 100 } } },
  { title: 'package list', name: 'package list', input: { query: { limit: 100 } } },
  { title: 'package sites', name: 'package sites', input: { params: { package: 'token1' }, query: { limit: 100 } } },
  {
    title: 'site packages',
    name: 'site packages',
    input: { params: { name: 'news7.example.com' }, query: { limit: 100 } },
  },
  {
    title: 'platform packages',
    name: 'platform packages',
    input: { params: { name: 'd9-04' }, query: { limit: 100 } },
  },
  { title: 'alias list', name: 'alias list', input: { query: { limit: 100 } } },
  { title: 'audit list', name: 'audit list', input: { query: { limit: 100 } } },
  { title: 'audit list, searched', name: 'audit list', input: { query: { q: 'shop77', limit: 100 } } },
  { title: 'role list', name: 'role list', input: { query: { limit: 100 } } },
  { title: 'membership list', name: 'membership list', input: { query: { limit: 100 } } },
  { title: 'batch list', name: 'batch list', input: { query: { limit: 100 } } },
  { title: 'batch members', name: 'batch members', input: { params: { batch: '2' }, query: { limit: 100 } } },
  { title: 'a task with its plan', name: 'task get', input: { params: { task: '77' } } },
  { title: 'home', name: 'home', input: {} },
  { title: 'status', name: 'status', input: {} },
];

function sorts(name: EndpointName, query: object): readonly Asked[] {
  const sort = endpointOf(name).query?.shape['sort'] as { unwrap(): { options: readonly string[] } } | undefined;
  const own: Asked = { title: name, name, input: { query: { ...query, limit: 100 } } };
  return [
    own,
    ...(sort?.unwrap().options ?? []).map((one) => ({
      title: `${name} by ${one}`,
      name,
      input: { query: { ...query, limit: 100, sort: one } },
    })),
  ];
}

/** The same rows without the hub: what PostgreSQL and its client need. */
async function plainPages(databaseUrl: string): Promise<number> {
  const values: number[] = [];
  await withClient(databaseUrl, async (client) => {
    for (let round = 0; round < rounds; round++) {
      const startedAt = performance.now();
      await client.query('select * from task order by id desc limit 100');
      values.push(performance.now() - startedAt);
    }
  });
  return percentile(values, 0.95);
}

/** All that is built, pages that are loaded on demand too: the first load is less, and tests/panel-pages.test.ts measures it. */
async function wholePanel(): Promise<Figure> {
  await buildPanel();
  const directory = join(import.meta.dirname, '../dist/ui/assets');
  let bytes = 0;
  for (const name of await readdir(directory))
    if (name.endsWith('.br')) bytes += (await stat(join(directory, name))).size;
  return figure({
    name: 'all of the panel, compressed',
    ...{ unit: 'kB', value: bytes / 1000, reference: null },
    goal: `under ${wholeGoalKb} kB`,
    ok: (kb) => kb < wholeGoalKb,
  });
}
