import { sql } from 'kysely';
import pg from 'pg';
import { type HubDatabase, openDatabase } from '../src/hub/database.ts';
import { addTask } from '../src/hub/queue.ts';
import { siteBench } from './catalog.ts';
import type { Cluster } from './cluster.ts';
import { type Figure, figure } from './figure.ts';
import { startHub, startWorker } from './programs.ts';
import { type Resources, say } from './resources.ts';

const [tasks, subjects, workers, slots] = [2000, 500, 2, 4];
const referenceMs = 2000;
const runMaxMs = 120_000;
const goalPerSecond = 50;

/** From the moment a paused queue goes on until the last of its tasks has ended. */
export async function throughput(resources: Resources, cluster: Cluster): Promise<readonly Figure[]> {
  const farm = await cluster.farm('throughput');
  const database = openDatabase(farm.databaseUrl);
  resources.defer(() => database.close());
  const ours = [await startHub(resources, farm)];
  for (let one = 0; one < workers; one++) ours.push(await startWorker(resources, farm, slots));
  say(`throughput: ${tasks} tasks on ${subjects} sites, ${workers} workers with ${slots} slots each`);
  const reference = await plainTransactions(farm.databaseUrl, workers * slots);
  const value = await tasksPerSecond(database);
  for (const one of ours) await one.end();
  return [
    figure({
      name: `tasks, ${workers} workers (beside: durable one-row transactions, ${workers * slots} connections)`,
      unit: '1/s',
      ...{ value, reference },
      goal: `at least ${goalPerSecond}/s: a verify of 10,000 sites costs the queue under 4 minutes; the old one starts 5 a minute`,
      ok: (perSecond) => perSecond >= goalPerSecond,
    }),
  ];
}

async function tasksPerSecond({ db }: HubDatabase): Promise<number> {
  await sql`update queue set paused = true where name = 'task'`.execute(db);
  await db.transaction().execute(async (tx) => {
    for (let at = 0; at < tasks; at++) {
      const id = String((at % subjects) + 1);
      await addTask(tx, siteBench, { id, name: `site${id}.example.com`, status: 'enabled' });
    }
  });
  const { rows } = await sql<{ at: Date }>`
    update queue set paused = false where name = 'task' returning clock_timestamp() as at`.execute(db);
  await sql`select pg_notify('task', '')`.execute(db);
  const startedAt = rows[0]?.at ?? new Date();
  for (const endMs = Date.now() + runMaxMs; ; ) {
    const { rows: left } = await sql<{ left: number; failed: number; lastAt: Date }>`
      select count(*) filter (where ended_at is null)::int as left,
             count(*) filter (where status not in ('queued', 'running', 'done'))::int as failed,
             max(ended_at) as last_at
      from task`.execute(db);
    const [row] = left;
    if (!row || row.failed > 0) throw new Error(`${row?.failed} tasks failed`);
    if (row.left === 0) return (tasks / (row.lastAt.getTime() - startedAt.getTime())) * 1000;
    if (Date.now() > endMs) throw new Error(`${row.left} tasks are left after ${runMaxMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function plainTransactions(url: string, connections: number): Promise<number> {
  const clients = Array.from({ length: connections }, () => new pg.Client({ connectionString: url }));
  await Promise.all(clients.map((client) => client.connect()));
  await clients[0]?.query('create table reference (n int)');
  let done = 0;
  const startedAt = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      for (; performance.now() - startedAt < referenceMs; done++)
        await client.query('insert into reference values (1)');
    }),
  );
  const perSecond = (done / (performance.now() - startedAt)) * 1000;
  await Promise.all(clients.map((client) => client.end()));
  return perSecond;
}
