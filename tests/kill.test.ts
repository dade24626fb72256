import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { connect } from '../src/api/call.ts';
import { overSocket } from '../src/cli/connection.ts';
import { type HubDatabase, openDatabase } from '../src/hub/database.ts';
import { startPostgres, stopPostgres } from '../src/hub/postgres.ts';
import { readSealKey } from '../src/hub/seal.ts';
import { Problem } from '../src/model/problem.ts';
import { sectionsOf } from '../src/services/http/sections.ts';
import { apache } from '../src/simulation/apache.ts';
import { mariadb } from '../src/simulation/mariadb.ts';
import { nginx } from '../src/simulation/nginx.ts';
import { php } from '../src/simulation/php.ts';
import { simulatedWorld } from '../src/simulation/world.ts';
import { until } from './kit/machines.ts';
import { temporaryDirectory } from './kit/postgres.ts';
import { putCode } from './kit/scenes.ts';
import { serveWorld } from './kit/world-server.ts';

const installs = 200;
/** One of them is killed each time this many more installs are done. */
const killEvery = 9;

/** The hub, its PostgreSQL and two workers as processes of their own, beside a server that outlives them. */
async function farm(t: TestContext) {
  const directory = await temporaryDirectory(t, 'kill');
  const stateDirectory = `${directory}/hub`;
  const environment = {
    PATH: process.env['PATH'],
    AEGIR_STATE: stateDirectory,
    AEGIR_KEY: `${directory}/key`,
    AEGIR_SOCKET: `${directory}/hub.sock`,
    AEGIR_LISTEN: '127.0.0.1:0',
    AEGIR_TEST_WORLD: `${directory}/world.sock`,
    AEGIR_WORKER_SLOTS: '4',
  };
  await readSealKey(environment.AEGIR_KEY, { make: true });
  const world = simulatedWorld([nginx, apache, mariadb, php]);
  putCode(world, 'drupal');
  const server = await serveWorld(world, environment.AEGIR_TEST_WORLD);
  const { url } = await startPostgres({ stateDirectory });
  const processes = new Map<string, ChildProcess>();
  const start = (name: string): void => {
    if (ending) return;
    const program = fileURLToPath(new URL(`kit/kill-${name.replace(/\d$/, '')}.ts`, import.meta.url));
    const child = spawn(process.execPath, [program], { env: environment, stdio: ['ignore', 'ignore', 'inherit'] });
    processes.set(name, child);
    // As systemd would: one that could not start because its database was away is started again.
    child.once('exit', (code) => {
      if (code !== null) setTimeout(start, 1000, name);
    });
  };
  let ending = false;
  for (const name of ['hub', 'worker1', 'worker2']) start(name);
  const hub = openDatabase(url);
  t.after(async () => {
    ending = true;
    for (const child of processes.values()) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    }
    server.close();
    await hub.close();
    await stopPostgres({ stateDirectory });
  });
  const kill = async (name: string): Promise<void> => {
    // The hub starts it again.
    if (name === 'postgres') return killPostgres(`${stateDirectory}/data`);
    const child = processes.get(name);
    // One that has ended by itself is about to be started again.
    if (!child || child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
    if (child.exitCode === null) start(name);
  };
  return { hub, world, kill, call: connect(overSocket(environment.AEGIR_SOCKET)) };
}

/** Waits until it runs: it may not have come back from the last time. */
async function killPostgres(data: string): Promise<void> {
  let pid = 0;
  await until(async () => {
    const text = await readFile(`${data}/postmaster.pid`, 'utf8').catch(() => '');
    pid = Number(text.split('\n')[0]);
    // A killed one leaves the file, and its number may be another program's by now.
    const argv = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return pid > 0 && argv.split('\0').includes(data);
  });
  process.kill(pid, 'SIGKILL');
}

/** A request that gets no answer is made again, with the same key: it is done once. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      const again = !(error instanceof Problem) || ['server-unreachable', 'bug', 'timeout'].includes(error.code);
      if (!again || tries > 6_000) throw error;
      await sleep(100);
    }
  }
}

const counted = async ({ db }: HubDatabase, status: string): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from task where name = 'site install' and status = ${status}`.execute(db);
  return rows[0]?.n ?? 0;
};

const problems = async ({ db }: HubDatabase): Promise<readonly object[]> => {
  const { rows } = await sql<{ id: string; status: string; problem: unknown }>`
    select id, status, problem from task where status in ('failed', 'stuck', 'cancelled')`.execute(db);
  return rows;
};

test(`kill -9 of workers, hub and PostgreSQL during ${installs} installs: none lost, none twice, nothing left over`, async (t) => {
  const { hub, world, kill, call } = await farm(t);
  const ended = async (task: string): Promise<void> => {
    while (['queued', 'running'].includes((await patiently(() => call('task get', { params: { task } }))).status))
      await sleep(50);
  };
  const services = [
    { type: 'http', engine: 'nginx' },
    { type: 'db', engine: 'mysql' },
  ];
  const server = await patiently(() => call('server create', { body: { name: 'master', services } }));
  await ended(server.task.id);
  const platform = await patiently(() =>
    call('platform create', { body: { name: 'p1', root: '/var/aegir/platforms/p1', server: 'master' } }),
  );
  await ended(platform.task.id);

  const asking = (async () => {
    for (let n = 0; n < installs; n++) {
      const name = `site${n}.example.com`;
      await patiently(() =>
        call('site create', { body: { name, platform: 'p1' } }, { idempotencyKey: `install-${name}` }),
      );
    }
  })();
  const victims = ['worker1', 'hub', 'postgres', 'worker2', 'worker1', 'postgres', 'hub', 'worker2'];
  let kills = 0;
  for (let done = 0; done < installs; ) {
    done = await patiently(() => counted(hub, 'done'));
    // So many losses of one task would be for a person to look at; chance may not decide about that here.
    await patiently(() => sql`update task set attempts_max = 1000 where attempts_max < 1000`.execute(hub.db));
    assert.deepEqual(await patiently(() => problems(hub)), []);
    if (done >= (kills + 1) * killEvery && done < installs) await kill(victims[kills++ % victims.length] ?? 'hub');
    await sleep(20);
  }
  await asking;

  const { rows } = await patiently(() =>
    sql<{ tasks: number; ends: number; sites: number; locks: number; steps: number; taken: number }>`
    select (select count(*) from task where name = 'site install')::int as tasks,
           (select count(*) from event join task on task.id = task_id
            where task.name = 'site install' and data ->> 'type' like 'task.%'
              and data ->> 'type' in ('task.done', 'task.failed', 'task.stuck', 'task.cancelled'))::int as ends,
           (select count(*) from (
              select task_id, data ->> 'step' from event where data ->> 'type' = 'step.done'
              group by 1, 2 having count(*) > 1) as twice)::int as steps,
           (select count(*) from task where attempt > 1)::int as taken,
           (select count(*) from site where status = 'enabled')::int as sites,
           (select count(*) from lock)::int as locks`.execute(hub.db),
  );
  const { taken, ...found } = rows[0] ?? assert.fail('no answer');
  assert.deepEqual(found, { tasks: installs, ends: installs, steps: 0, sites: installs, locks: 0 });

  const files = [...world.files.keys()];
  const below = (path: string): readonly string[] =>
    files.filter((file) => file.startsWith(`${path}/`) && !file.slice(path.length + 1).includes('/'));
  const sites = below('/var/aegir/platforms/p1/sites').filter((path) => path.includes('.example.com'));
  const maps = files.filter((file) => /\/vhost\.d\/[^/]+\.map$/.test(file));
  const published = maps.flatMap((file) => [...sectionsOf(world.text(file) ?? '').keys()]);
  assert.deepEqual([sites.length, published.length], [installs, installs]);
  assert.deepEqual(
    files.filter((file) => /\.(new|tmp|removed)/.test(file)),
    [],
  );
  const databases = world.states.get('mariadb')?.() ?? '';
  assert.equal(new Set(databases.match(/"site\d+_example_com_\d+"/g)).size, installs, databases.slice(0, 500));
  process.stdout.write(`# ${installs} installs, ${kills} times kill -9, ${taken} tasks taken over\n`);
});
