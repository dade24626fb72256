import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { MemoryMachine } from '../src/machine/memory.ts';
import { mariadbIsDown } from '../src/simulation/mariadb.ts';
import { type HubWithWorker, installedSite, type TaskEnding, verifiedFarm } from './kit/hub-with-worker.ts';
import { heldAt, isProblem, kinds, onNginx, settingsOf, sites, titleOf, vhostOf, vhostPath } from './kit/looks.ts';
import { until } from './kit/machines.ts';
import { countStrikes, diesAt, failsAt } from './kit/struck.ts';

/**
 * How the old Aegir failed (measured; shared/reference/aegir-baseline.md, section 5) when it was killed, when two tasks
 * met, and when something was down. Each test is named after the old failure, and shows that it cannot happen.
 */
const name = 'example.com';
const params = { name };
const ask = async ({ call }: HubWithWorker, task: string, args = {}) =>
  (await call('site task', { params, body: { name: task, args } })).task;
const statusOf = async ({ call }: HubWithWorker): Promise<string> => (await call('site get', { params })).status;

countStrikes('installs');

const create = async ({ call }: HubWithWorker) => (await call('site create', { body: { name, platform: 'p1' } })).task;

/** Everything is as after an install that nothing happened to, and can be taken away without a trace. */
async function soundAndGone(farm: HubWithWorker, before: string, when: string): Promise<void> {
  assert.deepEqual((await farm.done(await ask(farm, 'site verify'))).changed, [], when);
  await farm.done(await ask(farm, 'site delete', { force: true, backup: false }));
  assert.equal(farm.world.snapshot(), before, when);
}

for (const kind of kinds) {
  test(`a killed install is always refused when it is retried: here the next worker finishes it, on ${titleOf(kind)}`, async (t) => {
    const farm = await verifiedFarm(t, kind);
    const before = farm.world.snapshot();
    for (let at = 0; ; at += 2) {
      const happened = diesAt(farm, at);
      const ended = await farm.done(await create(farm));
      farm.before = () => undefined;
      assert.equal(ended.task.attempt, happened() ? 2 : 1);
      assert.equal(await statusOf(farm), 'enabled');
      await soundAndGone(farm, before, `killed at act ${at}`);
      if (!happened()) return assert.ok(at > 20, `only ${at} acts`);
    }
  });

  test(`a failed install leaves directory, vhost, database and users: here nothing, and a retry works, on ${titleOf(kind)}`, async (t) => {
    const farm = await verifiedFarm(t, kind);
    const before = farm.world.snapshot();
    for (let at = 1; ; at += 2) {
      const happened = failsAt(farm, at);
      const task = await create(farm);
      const ended = await farm.waitFor(task);
      farm.before = () => undefined;
      if (!happened()) return assert.ok(at > 20, `only ${at} acts`);
      assert.equal(ended.status, 'failed', `failed at act ${at}: ${JSON.stringify(ended.problem)}`);
      assert.equal(farm.world.snapshot(), before, `failed at act ${at}`);
      await farm.done(await farm.call('task retry', { params: { task: task.id } }));
      await soundAndGone(farm, before, `failed at act ${at}`);
    }
  });
}

test('a task is "processing" for ever when its worker is gone: here others take it over within seconds', async (t) => {
  const farm = await verifiedFarm(t, onNginx, { workers: 2, slots: 1 });
  const held = heldAt(farm, (what, method) => method === 'write' && what.endsWith('settings.php'));
  const task = await create(farm);
  await held.reached;
  // As if that worker had been killed a minute ago: nobody sends its heartbeat any more.
  farm.before = () => undefined;
  await sql`update task set worker = 'gone', heartbeat_at = now() - interval '1 minute' where id = ${task.id}`.execute(
    farm.database.db,
  );
  const ended = await farm.done(task);
  assert.ok(ended.events.some((event) => event.type === 'task.lost' && event.worker === 'gone'));
  held.fail();
  assert.equal(await statusOf(farm), 'enabled');
});

test('five tasks whose workers died stop the queue: here a task that hangs stops no other site', async (t) => {
  const farm = await verifiedFarm(t, onNginx, { slots: 2 });
  const held = heldAt(farm, (what) => what.includes(`/sites/${name}/`));
  const hanging = await create(farm);
  await held.reached;
  await installedSite(farm, 'other.example.com');
  held.go();
  await farm.done(hanging);
});

test('a worker that dies again and again: the task keeps its place, and a person can let it go on', async (t) => {
  const farm = await verifiedFarm(t, onNginx);
  const before = farm.world.snapshot();
  farm.before = async ({ method, what, claim }) => {
    if (method !== 'write' || !what.endsWith('settings.php')) return;
    farm.dead.set(claim, farm.loseWorkers());
  };
  const task = await create(farm);
  const stuck = await farm.waitFor(task);
  assert.deepEqual([stuck.status, stuck.problem?.code], ['stuck', 'lost']);
  assert.match(stuck.problem?.hint ?? '', /settle|retry/);
  await assert.rejects(ask(farm, 'site delete', { force: true, backup: false }), isProblem('wrong-status', /stuck/));
  farm.before = () => undefined;
  const again = await farm.call('task retry', { params: { task: task.id } });
  assert.equal(again.id, task.id, 'it goes on where it was');
  await farm.done(again);
  await soundAndGone(farm, before, 'killed three times');
});

test('verify and verify at once: both end well, one after the other', async (t) => {
  const farm = await verifiedFarm(t, onNginx, { workers: 2 });
  await installedSite(farm, name);
  const installed = farm.world.snapshot();
  farm.world.put(`${sites}/${name}/settings.php`, 'damaged');
  const held = heldAt(farm, (what, method) => method === 'write' && what.endsWith('settings.php'));
  const first = await ask(farm, 'site verify');
  await held.reached;
  const second = await ask(farm, 'site verify');
  assert.notEqual(second.id, first.id, 'what runs has looked already');
  const third = await ask(farm, 'site verify');
  assert.equal(third.id, second.id, 'what waits has not');
  const waiting = await farm.call('task get', { params: { task: second.id } });
  assert.deepEqual(waiting.waitsFor, [first.id]);
  held.go();
  await farm.done(first);
  await farm.done(second);
  assert.equal(farm.world.snapshot(), installed);
});

test('install and install of one name at once fail both: here one site is made, and the other is told whose the name is', async (t) => {
  const farm = await verifiedFarm(t, onNginx, { workers: 2 });
  const asked = await Promise.allSettled([create(farm), create(farm), create(farm)]);
  const made = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const refused = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  assert.equal(made.length, 1);
  for (const problem of refused) assert.ok(isProblem('conflict', /example\.com/)(problem));
  for (const task of made) await farm.done(task);
});

test('delete beside another task makes a zombie site: here it waits, and nothing is done to the site after it', async (t) => {
  const farm = await verifiedFarm(t, onNginx, { workers: 2 });
  const before = farm.world.snapshot();
  await installedSite(farm, name);
  farm.world.put(`${sites}/${name}/settings.php`, 'damaged');
  const held = heldAt(farm, (what, method) => method === 'write' && what.endsWith('settings.php'));
  const verify = await ask(farm, 'site verify');
  await held.reached;
  const remove = await ask(farm, 'site delete', { force: true, backup: false });
  await assert.rejects(ask(farm, 'site verify'), isProblem('wrong-status', /being deleted/));
  await assert.rejects(
    farm.call('site set', { params, body: { aliases: ['a.example.com'] } }),
    isProblem('wrong-status', /being deleted/),
  );
  held.go();
  await farm.done(verify);
  await farm.done(remove);
  assert.equal(farm.world.snapshot(), before);
  await assert.rejects(ask(farm, 'site verify'), isProblem('not-found'));
});

test('two sources of truth: what is changed behind the back of the hub is healed from it, and never taken over', async (t) => {
  for (const kind of kinds) {
    const farm = await verifiedFarm(t, kind);
    const { world } = farm;
    await installedSite(farm, name, { aliases: ['www.example.com'] });
    const installed = world.snapshot();
    const row = await farm.call('site get', { params });
    const vhost = vhostPath(world, name);
    assert.ok(vhost);
    world.put(vhost, (world.text(vhost) ?? '').replaceAll('www.example.com', 'stolen.example.com'), { mode: '0600' });
    world.put(`${sites}/${name}/${settingsOf(kind)}`, '<?php // mine', { mode: '0666' });
    world.directory(`${sites}/${name}/files`, { mode: '0777' });
    await changePassword(farm, row.database.user);
    const healed = await farm.done(await ask(farm, 'site verify'));
    assert.ok(healed.changed.length >= 4, String(healed.changed));
    assert.equal(world.snapshot(), installed);
    const after = await farm.call('site get', { params });
    assert.deepEqual({ ...after, verifiedAt: null }, { ...row, verifiedAt: null });
  }
});

async function changePassword({ world }: HubWithWorker, user: string): Promise<void> {
  const hands = { name: 'master', log: { append: async () => {} }, claim: new AbortController().signal };
  const argv = ['mariadb', '--user=root'] as const;
  const stdin = `alter user '${user}'@'localhost' identified by 'stolen';\n`;
  await new MemoryMachine(hands, world).run({ argv, stdin, timeoutMs: 1000, allow: [0], effect: 'changes' });
}

test('the load guard kills tasks half way: here they wait while the load is high, and none is dropped', async (t) => {
  const farm = await verifiedFarm(t, onNginx);
  const { call } = farm;
  farm.busy = 'the load is 99.0, over 10.0';
  const names = ['a.example.com', 'b.example.com', 'c.example.com'];
  const tasks = await Promise.all(
    names.map(async (one) => (await call('site create', { body: { name: one, platform: 'p1' } })).task),
  );
  await until(async () => (await call('status', {})).workers.every(({ waiting }) => waiting === farm.busy));
  for (const { id } of tasks) {
    const { status, attempt } = await call('task get', { params: { task: id } });
    assert.deepEqual([status, attempt], ['queued', 0]);
  }
  farm.busy = null;
  for (const task of tasks) await farm.done(task);
});

for (const kind of kinds)
  test(`the database server is down: each task says so, changes nothing, and works when it is back, on ${titleOf(kind)}`, async (t) => {
    const farm = await verifiedFarm(t, kind);
    const { world } = farm;
    const empty = world.snapshot();
    await down(farm);
    const task = await create(farm);
    unreachable(await farm.waitFor(task));
    await up(farm);
    assert.equal(world.snapshot(), empty);
    assert.equal(await statusOf(farm), 'failed');
    await farm.done(await farm.call('task retry', { params: { task: task.id } }));

    const installed = world.snapshot();
    for (const [wanted, args] of [
      ['site verify', {}],
      ['site delete', { force: true, backup: false }],
    ] as const) {
      await down(farm);
      const asked = await ask(farm, wanted, args);
      unreachable(await farm.waitFor(asked));
      await up(farm);
      assert.equal(world.snapshot(), installed, wanted);
      assert.equal(await statusOf(farm), 'enabled');
      await farm.done(await farm.call('task retry', { params: { task: asked.id } }));
    }
    assert.equal(world.snapshot(), empty);
  });

const down = async ({ world }: HubWithWorker): Promise<void> => world.put(mariadbIsDown, '');
const up = async ({ world }: HubWithWorker): Promise<void> => world.remove(mariadbIsDown);

function unreachable({ status, problem, task }: TaskEnding): void {
  assert.deepEqual(
    [status, problem?.code],
    ['failed', 'server-unreachable'],
    `${task.name}: ${JSON.stringify(problem)}`,
  );
  assert.match(problem?.hint ?? '', /Start it/);
}

test('a database server that goes down in the middle of a delete: nothing is said to be gone that is not', async (t: TestContext) => {
  const farm = await verifiedFarm(t, onNginx);
  const before = farm.world.snapshot();
  await installedSite(farm, name);
  farm.before = ({ method, what }) => {
    if (method === 'move' && what.endsWith(`/sites/${name}`)) farm.world.put(mariadbIsDown, '');
  };
  const task = await ask(farm, 'site delete', { force: true, backup: false });
  const ended = await farm.waitFor(task);
  assert.deepEqual([ended.status, ended.problem?.code], ['stuck', 'server-unreachable']);
  assert.equal(await statusOf(farm), 'enabled');
  assert.equal(vhostOf(farm.world, name), '');
  await up(farm);
  await farm.done(await farm.call('task retry', { params: { task: task.id } }));
  assert.equal(farm.world.snapshot(), before);
});
