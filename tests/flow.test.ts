import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { installedSite, verifiedFarm } from './kit/hub-with-worker.ts';
import { heldAt, isProblem, kinds, onNginx, settingsOf, sites, titleOf, vhostOf } from './kit/looks.ts';

for (const kind of kinds) {
  test(`a site from the request to its end, on ${titleOf(kind)}`, async (t) => {
    const farm = await verifiedFarm(t, kind);
    const { call, world, done } = farm;
    const before = world.snapshot();

    const { site, task } = await call('site create', {
      body: { name: 'example.com', platform: 'p1', title: 'Example', aliases: ['www.example.com'] },
    });
    assert.equal(site.status, 'queued');
    const installed = await done(task);
    assert.deepEqual(
      installed.task.steps.map(({ name, status }) => `${name}: ${status}`),
      [
        'create database: done',
        'create directory: done',
        'write settings: done',
        'install application: done',
        'publish: done',
        'read packages: done',
        'make login link: done',
      ],
    );
    const enabled = await call('site get', { params: { name: '@example.com' } });
    assert.equal(enabled.status, 'enabled');
    assert.notEqual(enabled.verifiedAt, null);
    assert.equal(enabled.url, 'http://example.com');
    assert.ok(world.text(`${sites}/example.com/${settingsOf(kind)}`));
    assert.match(vhostOf(world, 'example.com'), /www\.example\.com/);
    const { items } = await call('site packages', { params: { name: 'example.com' }, query: {} });
    assert.notEqual(items.length, 0);
    const listed = await call('site list', { query: { q: 'www.exam' } });
    assert.deepEqual(
      listed.items.map(({ name }) => name),
      ['example.com'],
    );

    const repeated = await call('site task', { params: { name: 'example.com' }, body: { name: 'site verify' } });
    const afterInstall = world.snapshot();
    assert.deepEqual((await done(repeated.task)).changed, [], 'a verify of an unchanged site changes nothing');
    assert.equal(world.snapshot(), afterInstall);

    const disable = await call('site task', { params: { name: 'example.com' }, body: { name: 'site disable' } });
    await done(disable.task);
    assert.equal((await call('site get', { params: { name: 'example.com' } })).status, 'disabled');
    const enable = await call('site task', { params: { name: 'example.com' }, body: { name: 'site enable' } });
    await done(enable.task);
    assert.equal(world.snapshot(), afterInstall, 'disabled and enabled is as before');

    await assert.rejects(
      farm
        .call('site task', { params: { name: 'example.com' }, body: { name: 'site delete' } })
        .then(({ task }) => done(task)),
      /is enabled/,
    );
    const args = { force: true, backup: false };
    const deleted = await call('site task', { params: { name: 'example.com' }, body: { name: 'site delete', args } });
    await done(deleted.task);
    assert.equal(world.snapshot(), before, 'nothing is left over');
    const tombstone = await call('site get', { params: { name: site.id } });
    assert.equal(tombstone.status, 'deleted');
    await assert.rejects(call('site get', { params: { name: 'example.com' } }), isProblem('not-found'));

    const again = await installedSite(farm, 'www.example.com', { aliases: ['example.com'] });
    assert.equal(again.status, 'done', 'the names are free for others');
    assert.notEqual(again.task.subject.id, site.id);
  });

  test(`three edits in a row are one verify, which publishes the last of them, on ${titleOf(kind)}`, async (t) => {
    const farm = await verifiedFarm(t, kind);
    const { call, world, done } = farm;
    await installedSite(farm, 'example.com');
    await call('queue pause', { params: { name: 'task' } });
    const tasks = new Set<string>();
    for (const aliases of [['a.example.com'], ['b.example.com'], ['c.example.com', 'd.example.com']]) {
      const { task } = await call('site set', { params: { name: 'example.com' }, body: { aliases } });
      assert.ok(task);
      tasks.add(task.id);
    }
    assert.equal(tasks.size, 1);
    await call('queue resume', { params: { name: 'task' } });
    for (const task of tasks) await done(task);
    const text = vhostOf(world, 'example.com');
    for (const name of ['c.example.com', 'd.example.com']) assert.ok(text.includes(name), name);
    for (const name of ['a.example.com', 'b.example.com']) assert.ok(!text.includes(name), name);
    await installedSite(farm, 'a.example.com');
  });

  test(`a task that is cancelled while it runs puts everything back, on ${titleOf(kind)}`, async (t) => {
    const farm = await verifiedFarm(t, kind);
    const { call, world, waitFor } = farm;
    const before = world.snapshot();
    const held = heldAt(
      farm,
      (what, method) => method === 'write' && what.endsWith(`/example.com/${settingsOf(kind)}`),
    );
    const { task } = await call('site create', { body: { name: 'example.com', platform: 'p1' } });
    await held.reached;
    assert.equal((await call('task cancel', { params: { task: task.id } })).status, 'running');
    held.go();
    const { status, problem, task: row } = await waitFor(task);
    assert.equal(status, 'cancelled');
    assert.equal(problem?.code, 'cancelled');
    assert.deepEqual(row.steps.map(({ name, status }) => `${name}: ${status}`).slice(0, 4), [
      'create database: undone',
      'create directory: undone',
      'write settings: done',
      'install application: waiting',
    ]);
    assert.equal(world.snapshot(), before);
    const retried = await call('task retry', { params: { task: task.id } });
    await farm.done(retried);
  });

  test(`a task that takes longer than it may puts everything back, on ${titleOf(kind)}`, async (t) => {
    const farm = await verifiedFarm(t, kind);
    const { call, world, waitFor, database } = farm;
    const before = world.snapshot();
    const limitMs = 500;
    farm.before = async ({ what, method }) => {
      if (method === 'write' && what.endsWith(settingsOf(kind))) await sleep(limitMs);
    };
    await call('queue pause', { params: { name: 'task' } });
    const { task } = await call('site create', { body: { name: 'example.com', platform: 'p1' } });
    await sql`update task set timeout_ms = ${limitMs} where id = ${task.id}`.execute(database.db);
    await call('queue resume', { params: { name: 'task' } });
    const { status, problem } = await waitFor(task);
    assert.equal(status, 'failed');
    assert.equal(problem?.code, 'timeout');
    assert.equal(world.snapshot(), before);
    farm.before = () => undefined;
    await farm.done(await call('task retry', { params: { task: task.id } }));
  });
}

test('what a server offers is seen, and a platform that is nothing we know says so', async (t) => {
  const farm = await verifiedFarm(t, onNginx);
  const { call, world, waitFor } = farm;
  const server = await call('server get', { params: { name: '@server_master' } });
  assert.equal(server.status, 'enabled');
  assert.deepEqual(
    server.services.map(({ type, engine }) => `${type}: ${engine}`),
    ['db: mysql', 'http: nginx'],
  );
  world.directory('/srv/nothing');
  const { task, platform } = await call('platform create', { body: { name: 'p2', root: '/srv/nothing' } });
  const { status, problem } = await waitFor(task);
  assert.deepEqual([status, problem?.code], ['failed', 'invalid']);
  assert.match(problem?.hint ?? '', /Drupal/);
  await assert.rejects(
    call('site create', { body: { name: 'example.com', platform: platform.name } }),
    isProblem('wrong-status'),
  );
});
