import pg from 'pg';
import { type HubDatabase, openDatabase } from '../src/hub/database.ts';
import { addTask } from '../src/hub/queue.ts';
import { siteBench } from './catalog.ts';
import type { Cluster } from './cluster.ts';
import { type Figure, figure, percentile } from './figure.ts';
import { startHub, startWorker } from './programs.ts';
import { type Resources, say } from './resources.ts';

const rounds = 200;
const waitMaxMs = 10_000;

/**
 * From the moment the commit of a task is sent until somebody who listens hears of its first event, 'task.started', which is
 * on disk then. Beside: a durable row with a notification, which makes another connection write one and notify back.
 */
export async function taskStart(resources: Resources, cluster: Cluster): Promise<readonly Figure[]> {
  const farm = await cluster.farm('task_start');
  const hub = await startHub(resources, farm);
  const worker = await startWorker(resources, farm, 2);
  const database = openDatabase(farm.databaseUrl);
  resources.defer(() => database.close());
  say(`task start: ${rounds} tasks, one after the other`);
  await measureTasks(database, 20); // warm
  const [before, values] = [await measureReference(farm.databaseUrl), await measureTasks(database, rounds)];
  const references = [...before, ...(await measureReference(farm.databaseUrl))];
  await worker.end();
  await hub.end();
  say(`  fastest ${Math.min(...values).toFixed(1)} ms, slowest ${Math.max(...values).toFixed(1)} ms`);
  const of = (share: number) => ({ value: percentile(values, share), reference: percentile(references, share) });
  return [
    figure({
      name: 'task start, median (beside: notify and one durable row)',
      unit: 'ms',
      ...of(0.5),
      goal: 'under 20 ms idle; the dispatcher of the old Aegir waits up to 60 s',
      ok: (value) => value < 20,
    }),
    figure({
      name: 'task start, 99th percentile (beside: the same)',
      unit: 'ms',
      ...of(0.99),
      goal: 'under 50 ms idle',
      ok: (value) => value < 50,
    }),
  ];
}

async function measureTasks({ db, listen }: HubDatabase, count: number): Promise<readonly number[]> {
  const heard = new Map<string, Heard>();
  const unlisten = await listen('event', (id) => heardOf(heard, id).event());
  const values: number[] = [];
  for (let round = 0; round < count; round++) {
    const subject = { id: String((round % 500) + 1), name: `site${round % 500}.example.com`, status: 'enabled' };
    const { task, at } = await db.transaction().execute(async (tx) => {
      const added = await addTask(tx, siteBench, subject);
      return { ...added, at: performance.now() };
    });
    const one = heardOf(heard, task);
    values.push((await within(one.first.promise)) - at);
    // The next one finds the worker idle again.
    await within(ended(db, task, one));
  }
  await unlisten();
  return values;
}

class Heard {
  readonly first = Promise.withResolvers<number>();
  next = Promise.withResolvers<void>();
  event(): void {
    this.first.resolve(performance.now());
    this.next.resolve();
  }
}

function heardOf(heard: Map<string, Heard>, id: string): Heard {
  const known = heard.get(id) ?? new Heard();
  heard.set(id, known);
  return known;
}

async function ended(db: HubDatabase['db'], task: string, heard: Heard): Promise<void> {
  for (;;) {
    heard.next = Promise.withResolvers();
    const row = await db.selectFrom('task').select('status').where('id', '=', task).executeTakeFirstOrThrow();
    if (row.status === 'done') return;
    if (row.status !== 'queued' && row.status !== 'running') throw new Error(`task ${task} is ${row.status}`);
    await heard.next.promise;
  }
}

function within<T>(promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`nothing happened for ${waitMaxMs} ms`)), waitMaxMs);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** The least that any queue on this database needs. */
async function measureReference(url: string): Promise<readonly number[]> {
  const [asker, answerer] = [new pg.Client({ connectionString: url }), new pg.Client({ connectionString: url })];
  await Promise.all([asker.connect(), answerer.connect()]);
  try {
    await asker.query('create table if not exists reference (n int); listen reference_done');
    await answerer.query('listen reference_asked');
    let answered: Promise<unknown> = Promise.resolve();
    answerer.on('notification', () => {
      answered = answerer.query(
        "with made as (insert into reference values (1)) select pg_notify('reference_done', '')",
      );
    });
    const values: number[] = [];
    for (let round = 0; round < rounds / 2; round++) {
      const done = Promise.withResolvers<number>();
      asker.once('notification', () => done.resolve(performance.now()));
      const at = performance.now();
      await asker.query("with made as (insert into reference values (1)) select pg_notify('reference_asked', '')");
      values.push((await within(done.promise)) - at);
      await answered;
    }
    return values;
  } finally {
    await Promise.all([asker.end(), answerer.end()]);
  }
}
