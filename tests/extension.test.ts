import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { cacheService } from '../examples/cache-service.ts';
import { serverRack } from '../examples/server-rack.ts';
import { siteContact } from '../examples/site-contact.ts';
import { siteGreeting } from '../examples/site-greet.ts';
import { schedule } from '../src/hub/scheduler.ts';
import type { Program } from '../src/machine/memory-world.ts';
import type { Clock } from '../src/model/clock.ts';
import type { Extension } from '../src/tasks/catalog.ts';
import type { SiteContext } from '../src/tasks/context.ts';
import type { Step } from '../src/tasks/task-type.ts';
import { type HubWithWorker, installedSite, type TaskEnding, verifiedFarm } from './kit/hub-with-worker.ts';
import { isProblem, kinds, namesFields, onNginx, settingsOf, sites, titleOf, vhostOf } from './kit/looks.ts';

const config = '/var/aegir/config/server_master';
const name = 'example.com';
const params = { name };
const examples = [cacheService, serverRack, siteContact, siteGreeting];
const stepsStarted = ({ events }: TaskEnding): readonly string[] =>
  events.flatMap((event) => (event.type === 'task.started' ? event.steps : []));
const ask = async ({ call }: HubWithWorker, task: string, args = {}) =>
  (await call('site task', { params, body: { name: task, args } })).task;

/** Redis as far as the example asks it: its password is 'the-password-of-redis'. */
const redis: Program = ({ stdin }) => {
  const lines = String(stdin && typeof stdin !== 'string' ? stdin.reveal() : stdin)
    .trim()
    .split('\n');
  const knows = lines[0] === 'AUTH the-password-of-redis';
  return {
    stdout: lines
      .map((line) => (line === 'PING' && knows ? 'PONG' : knows ? 'OK' : 'NOAUTH Authentication required.'))
      .join('\n'),
  };
};

test('a service of a new type: its options are checked, its secret is sealed, `server verify` verifies it', async (t) => {
  const farm = await verifiedFarm(t, onNginx, { extensions: examples });
  const { call, world, done, waitFor } = farm;
  world.programs.set('redis-cli', redis);
  const server = { name: 'master' };
  const { items } = await call('engine list', { query: { type: 'cache' } });
  assert.deepEqual(
    items.map(({ name, secrets }) => [name, secrets]),
    [['redis', ['password']]],
  );

  const refused = { type: 'cache', engine: 'redis', options: { port: 0, memory: 1 } };
  await assert.rejects(call('service create', { params: server, body: refused }), (problem) => {
    assert.ok(isProblem('invalid')(problem));
    const { fields } = problem as { fields?: readonly { path: string }[] };
    return (
      assert.deepEqual(fields?.map(({ path }) => path).toSorted(), ['options.memory', 'options.port']) === undefined
    );
  });

  const options = { memoryMb: 128, password: 'the-password-of-redis' };
  const created = await call('service create', { params: server, body: { type: 'cache', engine: 'redis', options } });
  assert.deepEqual(created.service.options, { memoryMb: 128 });
  assert.deepEqual(created.service.secretsSet, ['password']);
  const verified = await done(created.task);
  assert.ok(stepsStarted(verified).includes('verify cache (redis)'));
  assert.match(world.text(`${config}/redis.conf`) ?? '', /^maxmemory 128mb$/m);
  assert.ok(!JSON.stringify(verified).includes('the-password-of-redis'));
  const again = await call('server task', { params: server, body: { name: 'server verify' } });
  assert.deepEqual((await done(again.task)).changed, []);

  const changed = await call('service set', {
    params: { ...server, type: 'cache' },
    body: { options: { memoryMb: 256, password: 'another-password-of-redis' } },
  });
  const [task] = changed.tasks;
  assert.ok(task);
  const failed = await waitFor(task);
  assert.equal(failed.problem?.code, 'configuration-refused');
  assert.match(failed.problem?.message ?? '', /NOAUTH/);
  assert.match(world.text(`${config}/redis.conf`) ?? '', /^maxmemory 128mb$/m, 'what was refused is put back');
});

test('data on servers: checked with the names of the fields, kept, and used by a step of `server verify`', async (t) => {
  const farm = await verifiedFarm(t, onNginx, { extensions: examples });
  const { call, world, done } = farm;
  const server = { name: 'master' };
  for (const [data, fields] of [
    [{ rack: { room: '../B', unit: 7 } }, ['data.rack.room']],
    [{ rack: { room: 'B12', unit: 'seven' } }, ['data.rack.unit']],
    [{ rack: { room: 'B12', unit: 7, floor: 3 } }, ['data.rack.floor']],
    [{ shelf: {} }, ['data.shelf']],
    [{ contact: 'Ann' }, ['data.contact']],
  ] as const)
    await assert.rejects(call('server set', { params: server, body: { data } }), namesFields(fields));

  const { task, server: changed } = await call('server set', {
    params: server,
    body: { data: { rack: { room: 'B12', unit: 7 } } },
  });
  assert.deepEqual(changed.data, { rack: { room: 'B12', unit: 7 } });
  const verified = await done(task);
  assert.deepEqual(stepsStarted(verified).slice(0, 3), ['diagnose', 'make directories', 'write rack label']);
  assert.equal(world.text(`${config}/rack.txt`), 'master: room B12, unit 7\n');
  await done((await call('server set', { params: server, body: { data: null } })).task);
  assert.equal(world.text(`${config}/rack.txt`), null);
});

for (const kind of kinds)
  test(`data on sites: lines in settings and virtual host, and steps beside ours, on ${titleOf(kind)}`, async (t) => {
    const farm = await verifiedFarm(t, kind, { extensions: examples });
    const { call, world, done } = farm;
    const before = world.snapshot();
    const settings = (): string => world.text(`${sites}/${name}/${settingsOf(kind)}`) ?? '';
    for (const contact of [7, '', `x"; evil(); $z="`, 'Ann\nevil', 'Ann {', 'Ann $x', 'a'.repeat(101)])
      await assert.rejects(
        call('site create', { body: { name, platform: 'p1', data: { contact } } }),
        namesFields(['data.contact']),
      );

    const installed = await installedSite(farm, name, { data: { contact: 'Ann, 555-0100' } });
    const steps = stepsStarted(installed);
    assert.equal(steps[steps.indexOf('publish') + 1], 'lay contact card');
    assert.match(
      settings(),
      kind.application === 'drupal'
        ? /\$settings\['contact'\] = 'Ann, 555-0100';/
        : /define\('CONTACT', 'Ann, 555-0100'\);/,
    );
    assert.match(
      vhostOf(world, name),
      kind.http === 'nginx'
        ? /add_header X-Contact "Ann, 555-0100" always;/
        : /Header always set X-Contact "Ann, 555-0100"/,
    );
    assert.equal(world.text(`${config}/contacts/${name}.txt`), 'example.com: Ann, 555-0100\n');

    const { task } = await call('site set', { params, body: { data: { contact: 'Ben' } } });
    assert.ok(task);
    await done(task);
    assert.match(settings(), /'Ben'/);
    assert.match(vhostOf(world, name), /X-Contact Ben/);
    const without = await call('site set', { params, body: { data: null } });
    assert.ok(without.task);
    await done(without.task);
    assert.doesNotMatch(settings(), /contact/i);
    assert.doesNotMatch(vhostOf(world, name), /contact/i);
    assert.equal(world.text(`${config}/contacts/${name}.txt`), null);

    await done(await ask(farm, 'site delete', { force: true, backup: false }));
    world.remove(`${config}/contacts`);
    assert.equal(world.snapshot(), before);
  });

const failingStep: Extension = {
  steps: [
    {
      ...{ task: 'site install', place: 'after', step: 'read packages' },
      steps: [{ name: 'fail', run: () => Promise.reject(new Error('no luck')), undo: 'nothing' }],
    },
  ],
};

test('a step of a plug-in is undone like all others when a later one fails', async (t) => {
  const farm = await verifiedFarm(t, onNginx, { extensions: [...examples, failingStep] });
  const { call, world, waitFor } = farm;
  const before = world.snapshot();
  const { task } = await call('site create', { body: { name, platform: 'p1', data: { contact: 'Ann' } } });
  const { status, task: row, events } = await waitFor(task);
  assert.equal(status, 'failed');
  assert.ok(events.some((event) => event.type === 'changed' && event.what.includes('contacts/example.com.txt')));
  assert.deepEqual(
    row.steps.map(({ name, status }) => `${name}: ${status}`),
    [
      'create database: undone',
      'create directory: undone',
      'write settings: done',
      'install application: done',
      'publish: undone',
      'lay contact card: undone',
      'read packages: done',
      'fail: failed',
      'make login link: waiting',
    ],
  );
  world.remove(`${config}/contacts`);
  assert.equal(world.snapshot(), before);
});

test('a step that is placed beside one that does not exist is a problem that names those that do', async (t) => {
  const lost: Step<SiteContext, Record<string, never>> = { name: 'lost', run: async () => {}, undo: 'nothing' };
  const misplaced: Extension = {
    steps: [{ task: 'site install', place: 'before', step: 'pubish', steps: [lost] }],
  };
  const farm = await verifiedFarm(t, onNginx, { extensions: [misplaced] });
  const before = farm.world.snapshot();
  const { task, site } = await farm.call('site create', { body: { name, platform: 'p1' } });
  const { status, problem } = await farm.waitFor(task);
  assert.equal(status, 'failed');
  assert.equal(problem?.code, 'invalid');
  assert.match(problem?.message ?? '', /before 'pubish', which 'site install' does not have/);
  assert.match(problem?.hint ?? '', /publish/);
  assert.equal(farm.world.snapshot(), before);
  const mended = await farm.again({});
  await mended.done(await mended.call('task retry', { params: { task: task.id } }));
  assert.equal((await mended.call('site get', { params: { name: site.id } })).status, 'enabled');
});

test('a task type of a plug-in is listed, checked, run and undone like ours', async (t) => {
  const farm = await verifiedFarm(t, onNginx, { extensions: examples });
  const { call, world, done } = farm;
  const installed = await installedSite(farm, name, { title: 'My site' });
  assert.equal(installed.status, 'done');
  const { tasks } = await call('site get', { params });
  assert.deepEqual(
    tasks.find(({ name }) => name === 'site greet'),
    { name: 'site greet', title: 'Greet site', possible: true },
  );
  const types = await call('task-type list', {});
  assert.ok(types.items.some(({ name, args }) => name === 'site greet' && JSON.stringify(args).includes('words')));
  await assert.rejects(ask(farm, 'site greet', { words: '<b>' }), namesFields(['args.words']));
  await assert.rejects(ask(farm, 'site greet', { wrds: 'x' }), isProblem('invalid'));

  const greeted = await done(await ask(farm, 'site greet', { words: 'Good morning' }));
  assert.deepEqual(stepsStarted(greeted), ['write draft', 'show greeting']);
  assert.equal(world.text(`${config}/greetings/${name}.txt`), 'Good morning, My site!\n');
  const before = world.snapshot();
  farm.before = ({ method }) => {
    if (method === 'move') throw new Error('no luck');
  };
  const failed = await farm.waitFor(await ask(farm, 'site greet', { words: 'Good night' }));
  assert.equal(failed.status, 'failed');
  assert.equal(world.snapshot(), before);
});

test('a sweep adds its tasks once per period, to enabled subjects, and not while one waits', async (t) => {
  const farm = await verifiedFarm(t, onNginx, { extensions: examples });
  const { call, database, hub, done } = farm;
  await installedSite(farm, 'a.example.com');
  await installedSite(farm, 'b.example.com');
  await installedSite(farm, 'off.example.com');
  const off = await call('site task', { params: { name: 'off.example.com' }, body: { name: 'site disable' } });
  await done(off.task);
  const greetings = async (): Promise<readonly string[]> =>
    (await call('task list', { query: { name: 'site greet' } })).items.map(({ subject }) => subject.name).toSorted();
  // Two hubs at once: a row of the database decides.
  const sweep = async (): Promise<void> =>
    void (await Promise.all([ticks(3), ticks(3)].map((clock) => schedule(hub, clock, clock.stop))));

  await call('queue pause', { params: { name: 'task' } });
  await sweep();
  assert.deepEqual(await greetings(), [], 'each at its own time within the first day');
  const due = sql`update turn set due_at = now() - interval '1 second' where queue = 'greetings'`;
  await due.execute(database.db);
  await sweep();
  assert.deepEqual(await greetings(), ['a.example.com', 'b.example.com']);
  await due.execute(database.db);
  await sweep();
  assert.equal((await greetings()).length, 2, 'those of yesterday still wait');
  assert.equal((await call('queue get', { params: { name: 'greetings' } })).running, 2);
  await call('queue resume', { params: { name: 'task' } });
  for (const { id } of (await call('task list', { query: { name: 'site greet' } })).items) await done(id);
  await sweep();
  const { items } = await call('queue runs', { params: { name: 'greetings' } });
  assert.deepEqual(items.map(({ subject, status }) => `${subject.name} ${status}`).toSorted(), [
    'a.example.com done',
    'b.example.com done',
  ]);
  await due.execute(database.db);
  await sweep();
  assert.equal((await greetings()).length, 4);
  for (const { id } of (await call('task list', { query: { name: 'site greet' } })).items) await done(id);
  await call('queue pause', { params: { name: 'greetings' } });
  await sweep();
  await due.execute(database.db);
  await sweep();
  assert.equal((await greetings()).length, 4, 'a sweep that is paused adds nothing');
});

/** A clock whose time does not pass; after so many sleeps it stops who sleeps by it. */
function ticks(count: number): Clock & { readonly stop: AbortSignal } {
  const stop = new AbortController();
  let slept = 0;
  return {
    stop: stop.signal,
    now: () => new Date(0),
    async sleep() {
      if (++slept >= count) stop.abort();
    },
  };
}
