import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { type Call, connect } from '../src/api/call.ts';
import { overSocket } from '../src/cli/connection.ts';
import { type HubDatabase, openDatabase } from '../src/hub/database.ts';
import { readSealKey } from '../src/hub/seal.ts';
import { Problem } from '../src/model/problem.ts';
import { markSteps, markTasks } from './kit/fail-over-catalog.ts';
import { temporaryDirectory } from './kit/postgres.ts';
import { freePort, type Pair, query, replicated, type Server } from './kit/replicated-postgres.ts';

const tasks = Number(process.env['AEGIR_TEST_FAIL_OVER_TASKS'] ?? 150);
const seed = Number(process.env['AEGIR_TEST_SEED'] ?? Math.floor(Math.random() * 1e9));
const siteCount = 50;
/** Each has an agent; the fourth has none. */
const agentServers = ['web1', 'web2', 'web3'];

/** Mulberry32: the same numbers for the same seed. */
function random(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Aborted when the test is over, however it ended: who still asks then asks for nothing. */
const over = new AbortController();

/** What gets no answer is asked again: with the same key it is done once. So is what is still to be done from the last time. */
async function patiently<T>(ask: (tries: number) => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await ask(tries);
    } catch (error) {
      const again =
        !(error instanceof Problem) || ['server-unreachable', 'bug', 'timeout', 'wrong-status'].includes(error.code);
      if (!again || over.signal.aborted) throw error;
      await sleep(50);
    }
  }
}

interface Farm {
  readonly database: HubDatabase;
  readonly calls: readonly [Call, Call];
  readonly effects: string;
  readonly kinds: readonly string[];
  start(kind: string, more?: NodeJS.ProcessEnv): void;
  kill(kind: string): Promise<void>;
}

/** Two hubs, two workers and three agents as processes that are started again when they end, on one database. */
async function farm(t: TestContext, url: string): Promise<Farm> {
  const processes = new Map<string, ChildProcess>();
  let ending = false;
  let database: HubDatabase | undefined;
  // What is registered first runs first: they end before their database and directory go.
  t.after(async () => {
    ending = true;
    over.abort();
    for (const child of processes.values())
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    await database?.close();
  });
  const directory = await temporaryDirectory(t, 'fo');
  const effects = `${directory}/effects`;
  await mkdir(effects);
  await readSealKey(`${directory}/key`, { make: true });
  const ports = [await freePort(), await freePort()];
  const environment: NodeJS.ProcessEnv = {
    ...{ PATH: process.env['PATH'], DATABASE_URL: url, AEGIR_KEY: `${directory}/key`, AEGIR_TEST_EFFECTS: effects },
    AEGIR_HUBS: ports.map((port) => `http://127.0.0.1:${port}`).join(','),
  };
  const program = fileURLToPath(new URL('kit/fail-over-process.ts', import.meta.url));
  const given = new Map<string, NodeJS.ProcessEnv>();
  const start = (kind: string, more: NodeJS.ProcessEnv = given.get(kind) ?? {}): void => {
    if (ending) return;
    given.set(kind, more);
    const number = Number(kind.at(-1));
    const own = { AEGIR_SOCKET: `${directory}/${kind}.sock`, AEGIR_LISTEN: `127.0.0.1:${ports[number - 1]}` };
    const env = kind.startsWith('hub') ? { ...environment, ...own } : { ...environment, ...more };
    const stderr = process.env['AEGIR_TEST_SHOW'] ? 'inherit' : 'ignore';
    const child = spawn(process.execPath, [program, kind.slice(0, -1)], { env, stdio: ['ignore', 'ignore', stderr] });
    processes.set(kind, child);
    child.once('exit', () => setTimeout(start, 300, kind));
  };
  database = openDatabase(url);
  const callOf = (hub: string): Call => connect(overSocket(`${directory}/${hub}.sock`));
  return {
    ...{ database, effects, start, calls: [callOf('hub1'), callOf('hub2')] },
    kinds: ['hub1', 'hub2', 'worker1', 'worker2', 'agent1', 'agent2', 'agent3'],
    async kill(kind) {
      const child = processes.get(kind);
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** Four servers with a platform each and fifty sites over them, as if installed; the names of the sites. */
async function furnish({ calls: [call], database: { db } }: Farm): Promise<readonly string[]> {
  const servers = [...agentServers, 'web4'];
  const services = [
    { type: 'http', engine: 'nginx' },
    { type: 'db', engine: 'mysql' },
  ];
  for (const name of servers) {
    const host = `${name}.example.com`;
    await patiently(() => call('server create', { body: { name, host, services } }, { idempotencyKey: name }));
    const body = { name: `p-${name}`, root: `/var/aegir/platforms/${name}`, server: name };
    await patiently(() => call('platform create', { body }, { idempotencyKey: body.name }));
  }
  await sql`
    update platform set status = 'enabled', application = 'drupal', version = '10.1.2', verified_at = now(),
      scan = '{"scanner": "of the tests", "packages": [{"type": "profile", "name": "standard", "path": ""}]}'`.execute(
    db,
  );
  await sql`update server set status = 'enabled', verified_at = now()`.execute(db);
  const names = Array.from({ length: siteCount }, (_, number) => `s${number}.example.com`);
  for (const [at, name] of names.entries()) {
    const server = servers[at % servers.length];
    const body = { name, platform: `p-${server}`, ...{ dbServer: server } };
    await patiently(() => call('site create', { body }, { idempotencyKey: name }));
  }
  await sql`update site set status = 'enabled'`.execute(db);
  await sql`delete from task`.execute(db);
  // So many losses of one task would be for a person to look at; chance may not decide about that here.
  await sql
    .raw(`create function patient() returns trigger language plpgsql as
    $$ begin new.attempts_max := 1000; return new; end $$`)
    .execute(db);
  await sql`create trigger patient before insert on task for each row execute function patient()`.execute(db);
  // The tasks of this test are a plug-in's, which no agent would be given.
  const { rows } = await sql<{
    text: string;
  }>`select pg_get_functiondef('agent_server(task)'::regprocedure) as text`.execute(db);
  await sql
    .raw((rows[0]?.text ?? '').replace("'site verify',", "'site verify', 'site mark', 'site stamp',"))
    .execute(db);
  return names;
}

/**
 * Until few tasks are left: else the end would be waited for in vain. After a third of them the primary goes and the standby takes its place;
 * after two thirds that one is killed too, and comes back.
 */
async function killAtRandom(
  { kill, kinds }: Farm,
  { primary, standby }: Pair,
  next: () => number,
  done: () => Promise<number>,
): Promise<{ readonly killed: ReadonlyMap<string, number>; readonly current: Server }> {
  const killed = new Map<string, number>();
  const count = (who: string): void => void killed.set(who, (killed.get(who) ?? 0) + 1);
  for (let ended = 0; ended < tasks * 0.9; ended = await done()) {
    if (ended > tasks * 0.3 && !killed.has('primary')) {
      await primary.kill();
      await standby.promote();
      count('primary');
    } else if (ended > tasks * 0.6 && !killed.has('standby')) {
      await standby.kill();
      await standby.start();
      count('standby');
    } else {
      const victim = kinds[Math.floor(next() * kinds.length)] ?? 'hub1';
      await kill(victim);
      count(victim);
    }
    await sleep(700 + next() * 1500);
  }
  assert.ok(killed.has('primary'), 'it was over too early');
  return { killed, current: standby };
}

test(`${tasks} tasks on ${siteCount} sites while hubs, workers, agents and the primary are killed: each done once, in order`, async (t) => {
  process.stdout.write(`# seed ${seed} (AEGIR_TEST_SEED)\n`);
  const pair = await replicated(t);
  const made = await farm(t, pair.url);
  const { start, calls, database, effects } = made;
  start('hub1');
  const sites = await furnish(made);
  for (const kind of ['hub2', 'worker1', 'worker2']) start(kind);
  for (const [at, name] of agentServers.entries()) {
    const { credential } = await patiently(() => calls[0]('agent enrol', { params: { name } }));
    start(`agent${at + 1}`, { AEGIR_TEST_CREDENTIAL: credential });
  }

  const began = performance.now();
  const acknowledged = new Map<string, string>();
  const wanted = sites.map((name, at) => ({ name, count: Math.floor((tasks + siteCount - 1 - at) / siteCount) }));
  const asking = Promise.all(
    wanted.map(async ({ name, count }) => {
      for (let n = 1; n <= count; n++) {
        const what = { params: { name }, body: { name: markTasks[n % 2] ?? '', args: { n } } };
        const key = { idempotencyKey: `${name}-${n}` };
        const { task } = await patiently((tries) => (calls[(n + tries) % 2] ?? calls[0])('site task', what, key));
        acknowledged.set(`${name} ${n}`, task.id);
        await sleep(20);
      }
    }),
  );
  const done = async (): Promise<number> => {
    const { rows } = await patiently(() =>
      sql<{ n: number }>`select count(*)::int as n from task where status = 'done'`.execute(database.db),
    );
    return rows[0]?.n ?? 0;
  };
  const { killed, current } = await killAtRandom(made, pair, random(seed), done);
  await asking;
  while ((await done()) < tasks) {
    assert.ok(performance.now() - began < 900_000, 'tasks are left');
    await sleep(100);
  }
  const seconds = (performance.now() - began) / 1000;

  const lines = async (name: string): Promise<readonly string[]> =>
    (await readFile(`${effects}/${name}`, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
  for (const { name, count } of wanted) {
    const inOrder = Array.from({ length: count }, (_, n) => markSteps.map((step) => `${n + 1} ${step}`)).flat();
    assert.deepEqual(await lines(name), inOrder, name);
  }
  assert.deepEqual((await readdir(effects)).length, siteCount + 1);
  const rows = await query(
    current,
    `select (select count(*) from task where status = 'done')::int as done,
       (select count(*) from task where status <> 'done')::int as others,
       (select count(*) from lock)::int as locks,
       (select count(*) from (select task_id, data ->> 'step' from event where data ->> 'type' = 'step.done'
         group by 1, 2 having count(*) > 1) as twice)::int as twice,
       (select count(*) from event where data ->> 'type' = 'task.done')::int as ends`,
    'aegir',
  );
  assert.deepEqual(rows, [{ done: tasks, others: 0, locks: 0, twice: 0, ends: tasks }]);
  const there = (await query(current, 'select id::text from task', 'aegir')) as readonly { readonly id: string }[];
  const ids = new Set(there.map(({ id }) => id));
  assert.deepEqual(
    [...acknowledged].filter(([, id]) => !ids.has(id)),
    [],
    'acknowledged, and gone',
  );
  assert.equal(new Set(acknowledged.values()).size, tasks);
  const [told = {}] = await query(
    current,
    `select count(*) filter (where attempt > 1)::int as again,
       (select count(*) from event where data ->> 'type' = 'task.lost')::int as lost,
       (select count(distinct task_id) from event where data ->> 'worker' like 'agent-%')::int as by_agents from task`,
    'aegir',
  );
  const repeats = (await lines('attempts')).length - tasks * markSteps.length;
  const kills = [...killed].map(([who, times]) => `${who} ${times}`).join(', ');
  process.stdout.write(
    `# ${seconds.toFixed(0)} s; kill -9: ${kills}; steps repeated: ${repeats}; ${JSON.stringify(told)}\n`,
  );
});
