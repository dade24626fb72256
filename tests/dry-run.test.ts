import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { installedSite, verifiedFarm } from './kit/hub-with-worker.ts';
import { kinds, settingsOf, titleOf } from './kit/looks.ts';

for (const kind of kinds) {
  test(`a dry run says what it would do, and does nothing, on ${titleOf(kind)}`, async (t) => {
    const farm = await verifiedFarm(t, kind);
    const { call, world, done, database } = farm;
    const before = world.snapshot();
    const { site, task } = await call('site create', { body: { name: 'example.com', platform: 'p1', dryRun: true } });
    const ended = await done(task);
    assert.ok(ended.task.dryRun);
    assert.ok(ended.task.steps.some(({ name }) => name === 'create database'));
    for (const what of ended.changed) assert.match(what, /^would /);
    assert.ok(ended.changed.some((what) => what.includes(settingsOf(kind))));
    assert.equal(world.snapshot(), before);
    assert.equal((await call('site get', { params: { name: site.id } })).status, 'queued');
    const { rows } = await sql`select from task_secret`.execute(database.db);
    assert.equal(rows.length, 0);
    assert.deepEqual(await call('site discard', { params: { name: 'example.com' } }), { deleted: 'example.com' });

    await installedSite(farm, 'example.com');
    const installed = world.snapshot();
    const row = await call('site get', { params: { name: 'example.com' } });
    for (const [name, args] of [
      ['site verify', {}],
      ['site disable', {}],
      ['site login', {}],
      ['site delete', { force: true }],
    ] as const) {
      const body = { name, args, dryRun: true };
      const { task: dry } = await call('site task', { params: { name: 'example.com' }, body });
      const { changed } = await done(dry);
      for (const what of changed) assert.match(what, /^would /, name);
      if (name === 'site delete') assert.ok(changed.some((what) => what.includes('example.com')));
      assert.equal(world.snapshot(), installed, name);
      assert.deepEqual(await call('site get', { params: { name: 'example.com' } }), row, name);
    }
  });
}
