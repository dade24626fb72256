import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { applications } from '../src/applications/applications.ts';
import { LocalMachine } from '../src/machine/local.ts';
import type { Machine } from '../src/machine/machine.ts';
import { Problem, type ProblemCode } from '../src/model/problem.ts';
import { engines } from '../src/services/engines.ts';
import { nginxEngine } from '../src/services/http/nginx.ts';
import { catalog } from '../src/tasks/catalog.ts';
import { taskTypes } from '../src/tasks/task-types.ts';
import { codeBases } from './kit/applications.ts';
import { type HubWithWorker, hubWithWorker, type TaskEnding } from './kit/hub-with-worker.ts';
import { until } from './kit/machines.ts';
import { type RealFarm, type RealFarmMore, realFarm } from './kit/real-farm.ts';
import { sameWorld } from './kit/same-world.ts';
import { siteName } from './kit/truth.ts';
import { freePort } from './kit/web.ts';

/**
 * What the world can do to a task, on real servers and through the hub: each time the task ends as a problem that says
 * what to do, its end is recorded, nothing is left over, and asked again it works as soon as the cause is gone.
 */
interface Bad {
  readonly farm: RealFarm;
  readonly hub: HubWithWorker;
  /** Names under which the server does not find a program. */
  readonly missing: Set<string>;
}

async function begin(t: TestContext, more: RealFarmMore = {}): Promise<Bad> {
  const farm = await realFarm(t, more);
  const { data } = farm;
  const missing = new Set<string>();
  const http = nginxEngine(data.program);
  const own = {
    engines: [http, ...engines.filter(({ name }) => name !== 'nginx')],
    applications,
    taskTypes,
    sweeps: [],
  };
  const hub = await hubWithWorker(t, {
    catalog: catalog(own, []),
    open: (hands) => without(new LocalMachine(hands), missing),
  });
  await hub.call('setting set', { params: { name: 'site.fpm-socket' }, body: { value: data.fpmSocket } });
  const services = [
    { type: 'http', engine: 'nginx', options: { ...data.httpOptions } },
    { type: 'db', engine: 'mysql', options: { ...data.dbOptions } },
  ];
  const server = await hub.call('server create', { body: { name: 'master', root: data.root, services } });
  await hub.done(server.task);
  await hub.done((await hub.call('platform create', { body: { name: 'p1', root: data.platformRoot } })).task);
  return { farm, hub, missing };
}

/** A program that is missing: it is called by a name that nobody has. */
function without(machine: Machine, missing: ReadonlySet<string>): Machine {
  return new Proxy(machine, {
    get(target, key) {
      if (key === 'run')
        return (command: Parameters<Machine['run']>[0]) => {
          const [program, ...rest] = command.argv.map((word) => (missing.has(word) ? `not-there-${word}` : word));
          return target.run({ ...command, argv: [program ?? '', ...rest] });
        };
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

interface Expected {
  readonly code: ProblemCode;
  readonly words: RegExp;
}

function endsAsProblem({ status, task, problem, events }: TaskEnding, { code, words }: Expected): void {
  assert.equal(status, 'failed', JSON.stringify(problem));
  assert.equal(problem?.code, code, JSON.stringify(problem));
  assert.ok(problem?.hint, `a hint: ${JSON.stringify(problem)}`);
  assert.match(`${problem.message} ${problem.hint}`, words);
  assert.ok(task.endedAt, 'its end is recorded');
  assert.equal(events.at(-1)?.type, 'task.failed');
}

/** A site is asked for in a bad world and again in a good one, then deleted. */
async function installs(
  { farm, hub }: Bad,
  expected: Expected,
  worsen: () => Promise<unknown>,
  mend: () => Promise<unknown>,
) {
  const { call, waitFor, done } = hub;
  const before = await farm.world();
  await worsen();
  const { task } = await call('site create', { body: { name: siteName, platform: 'p1', title: 'Example' } });
  const ending = await waitFor(task);
  await mend();
  endsAsProblem(ending, expected);
  sameWorld(await farm.world(), before, 'nothing is left over');
  await done(await call('task retry', { params: { task: task.id } }));
  assert.equal((await farm.page('/')).status, 200);
  const removed = await call('site task', {
    params: { name: siteName },
    body: { name: 'site delete', args: { force: true, backup: false } },
  });
  await done(removed.task);
  sameWorld(await farm.world(), before, 'deleted');
}

test('a bad world is a problem with a hint, and no more than that', { timeout: 20 * 60_000 }, async (t) => {
  const bad = await begin(t);
  const { farm, hub } = bad;
  const { data } = farm;

  await t.test('the database server is down', () => {
    const { socket } = farm.server;
    const expected = { code: 'server-unreachable', words: /Start it/ } as const;
    return installs(
      bad,
      expected,
      () => rename(socket, `${socket}.away`),
      () => rename(`${socket}.away`, socket),
    );
  });

  await t.test('PHP is missing', () =>
    installs(
      bad,
      { code: 'command-failed', words: /PHP is missing.*php-cli/ },
      async () => bad.missing.add('php'),
      async () => bad.missing.delete('php'),
    ),
  );

  await t.test('the web server does not run', () => webServerGone(bad));
  await t.test('the disk of the platform is full', (inner) => diskFull(inner, bad));
  await t.test('another program has the port', () => portTaken(bad));

  await t.test('the root of a platform is absent, then empty, then somebody else’s', async () => {
    const root = join(data.root, 'platforms/p2');
    const { task } = await hub.call('platform create', { body: { name: 'p2', root } });
    endsAsProblem(await hub.waitFor(task), { code: 'not-found', words: /Put the code there/ });
    await mkdir(root);
    endsAsProblem(await verify(hub), { code: 'invalid', words: /no application that Aegir knows/ });
    await rm(root, { recursive: true });
    await promisify(execFile)('cp', ['-a', data.platformRoot, root]);
    await hub.done(
      (await hub.call('platform task', { params: { name: 'p2' }, body: { name: 'platform verify' } })).task,
    );
    const remove = (removeCode: boolean) =>
      hub.call('platform task', { params: { name: 'p2' }, body: { name: 'platform delete', args: { removeCode } } });
    // Somebody put it there, so it is not Aegir's to remove.
    endsAsProblem(await hub.waitFor((await remove(true)).task), { code: 'invalid', words: /not built by Aegir/ });
    await hub.done((await remove(false)).task);
    assert.equal(existsSync(join(root, 'wp-includes')), true);
    await rm(root, { recursive: true });
  });

  await t.test('the root of a platform is outside of what it may be', async () => {
    for (const root of ['/etc', '/', `${data.root}/platforms/../../etc`, 'relative']) await outside(hub, root);
  });
});

const verify = async (hub: HubWithWorker): Promise<TaskEnding> =>
  hub.waitFor((await hub.call('platform task', { params: { name: 'p2' }, body: { name: 'platform verify' } })).task);

/** Refused at once, or by the first verify; nothing is written there. */
async function outside(hub: HubWithWorker, root: string): Promise<void> {
  const name = `outside${root.replace(/\W/g, '')}`;
  try {
    const { task } = await hub.call('platform create', { body: { name, root } });
    endsAsProblem(await hub.waitFor(task), { code: 'invalid', words: /./ });
  } catch (error) {
    assert.ok(error instanceof Problem && error.code === 'invalid', String(error));
  }
  assert.equal(existsSync(join('/', root, 'sites')), false);
}

async function webServerGone(bad: Bad): Promise<void> {
  const { web } = bad.farm;
  const [nginx, ...args] = web.program.test.slice(0, -1);
  let pid = web.pid;
  const pidFile = join(bad.farm.data.root, '../nginx-home/pid');
  const stop = async () => {
    process.kill(pid, 'SIGTERM');
    await until(() => !existsSync(pidFile));
  };
  const start = async () => {
    const child = spawn(nginx ?? '', args, { stdio: 'ignore' });
    pid = child.pid ?? 0;
    // Its file with the process id is no sign: `nginx -t` makes it too.
    await until(() => bad.farm.page('/').then(Boolean, () => false));
    return child;
  };
  let again: Awaited<ReturnType<typeof start>> | undefined;
  await installs(bad, { code: 'command-failed', words: /Is nginx running/i }, stop, async () => {
    again = await start();
  });
  bad.farm.onStop(async () => {
    if (!again || again.exitCode !== null) return;
    const gone = once(again, 'exit');
    again.kill('SIGTERM');
    await gone;
  });
}

async function diskFull(t: TestContext, bad: Bad): Promise<void> {
  const run = promisify(execFile);
  const sites = join(bad.farm.data.platformRoot, 'sites');
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=0755', 'tmpfs', sites]);
  } catch (error) {
    return t.skip(`a small file system cannot be mounted here: ${String(error)}`);
  }
  try {
    const filler = join(sites, '.filler');
    await installs(
      bad,
      { code: 'disk-full', words: /Free some space/ },
      () => writeFile(filler, Buffer.alloc(64 * 1024)).catch(() => undefined),
      async () => {
        await rm(filler);
        await run('mount', ['-o', 'remount,size=64m', sites]);
      },
    );
  } finally {
    await run('umount', [sites]);
  }
}

async function portTaken({ farm, hub }: Bad): Promise<void> {
  const { call, waitFor, done } = hub;
  const setPort = async (port: number): Promise<TaskEnding> => {
    const { tasks } = await call('service set', {
      params: { name: 'master', type: 'http' },
      body: { options: { port } },
    });
    const server = tasks.find(({ name }) => name === 'server verify');
    assert.ok(server);
    return waitFor(server);
  };
  const before = await farm.world();
  const port = await freePort();
  const other = createServer((connection) => connection.destroy()).listen(port, '127.0.0.1');
  await once(other, 'listening');
  const ending = await setPort(port).finally(() => other.close());
  // nginx tests its configuration without its ports, and keeps the old one when a reload cannot have them.
  endsAsProblem(ending, { code: 'timeout', words: /another program may have one of its ports/ });
  sameWorld(await farm.world(), before, 'the configuration of before is in force again');
  await done((await call('server task', { params: { name: 'master' }, body: { name: 'server verify' } })).task);
  assert.equal((await setPort(farm.web.port)).status, 'done');
}

const drupal = codeBases.drupal10;
test('a profile that the platform does not have is refused before anything begins', {
  skip: drupal === null && 'set AEGIR_TEST_DRUPAL10',
  timeout: 20 * 60_000,
}, async (t) => {
  const { farm, hub } = await begin(t, { application: 'drupal', source: drupal ?? '' });
  const before = await farm.world();
  const create = (profile: string) => hub.call('site create', { body: { name: siteName, platform: 'p1', profile } });
  await assert.rejects(create('nonsense'), (error) => {
    assert.ok(error instanceof Problem);
    assert.ok(error.hint);
    return true;
  });
  // The profile was there when the site was asked for, and is gone when it is to be installed.
  const root = join(farm.data.platformRoot, 'core/profiles/minimal');
  await hub.call('queue pause', { params: { name: 'task' } });
  const { task } = await create('minimal');
  await rename(root, `${root}.away`);
  await hub.call('queue resume', { params: { name: 'task' } });
  endsAsProblem(await hub.waitFor(task), { code: 'invalid', words: /no profile 'minimal'/ });
  await rename(`${root}.away`, root);
  sameWorld(await farm.world(), before, 'nothing is left over');
  await hub.done(await hub.call('task retry', { params: { task: task.id } }));
  const { task: removal } = await hub.call('site task', {
    params: { name: siteName },
    body: { name: 'site delete', args: { force: true, backup: false } },
  });
  await hub.done(removal);
});
