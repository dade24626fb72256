import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { collectBackups } from '../src/hub/backup-gc.ts';
import { addSweepTasks } from '../src/hub/sweep-tasks.ts';
import { sweepNamed } from '../src/hub/sweeps.ts';
import { placeTurns } from '../src/hub/turns.ts';
import { type HubWithWorker, installedSite, verifiedFarm } from './kit/hub-with-worker.ts';

const waitedFor = new Set<string>();

/** One round of a queue whose turns are all due now, to the end of its tasks; answers how many these were. */
async function round({ hub, database: { db }, done }: HubWithWorker, name: keyof typeof taskOf): Promise<number> {
  await placeTurns(db, sweepNamed({ sweeps: [] }, name));
  await sql`update turn set due_at = now() - interval '1 second' where queue = ${name}`.execute(db);
  await addSweepTasks(hub);
  // A quick worker may be through with some of them already.
  const { rows } = await sql<{ id: string }>`select id from task where name = ${taskOf[name]}`.execute(db);
  const added = rows.filter(({ id }) => !waitedFor.has(id));
  for (const { id } of added) {
    await done(id);
    waitedFor.add(id);
  }
  await addSweepTasks(hub);
  return added.length;
}

const taskOf = { backup: 'site backup', 'backup test': 'backup test' } as const;

test('sites are backed up by their schedule, kept by their rule, and every backup is proven in its turn', async (t) => {
  const farm = await verifiedFarm(t, { http: 'nginx', db: 'mysql', application: 'drupal' });
  const { call, hub } = farm;
  await installedSite(farm, 'a.example.com');
  await installedSite(farm, 'b.example.com');
  await installedSite(farm, 'never.example.com');
  assert.equal(await round(farm, 'backup'), 0, 'nothing until somebody says so');
  await call('queue set', { params: { name: 'backup' }, body: { every: '1d' } });
  const own = { backup: '6h', retention: { last: 1 } };
  const set = await call('site set', { params: { name: 'b.example.com' }, body: own });
  await farm.done(set.task?.id ?? '');
  const off = await call('site set', { params: { name: 'never.example.com' }, body: { backup: 'off' } });
  await farm.done(off.task?.id ?? '');
  assert.deepEqual(
    [set.site.backup.every, set.site.backup.isOwn, set.site.backup.retention?.['last']],
    ['6h', true, 1],
  );
  assert.equal((await call('site get', { params: { name: 'a.example.com' } })).backup.every, '1d');
  for (let time = 0; time < 3; time++) assert.equal(await round(farm, 'backup'), 2);
  const backups = async (): Promise<readonly string[]> =>
    (await call('backup list', {})).items.map(({ siteName, reason }) => `${siteName} ${reason}`).toSorted();
  assert.deepEqual(await backups(), [
    ...Array.from({ length: 3 }, () => 'a.example.com schedule'),
    ...Array.from({ length: 3 }, () => 'b.example.com schedule'),
  ]);

  assert.equal(await collectBackups(hub), 2, 'its own rule keeps one; there is none for the others');
  const { items: deleting } = await call('task list', { query: { name: 'backup delete' } });
  for (const { id } of deleting) await farm.done(id);
  assert.equal((await backups()).length, 4);

  const proven = async () => (await call('status', {})).backups;
  assert.deepEqual(await proven(), { total: 4, proven: 0, sites: 2, sitesProven: 0 });
  await call('queue set', { params: { name: 'backup test' }, body: { every: '30d' } });
  assert.equal(await round(farm, 'backup test'), 1, 'one at once on a server');
  await call('queue set', { params: { name: 'backup test' }, body: { limit: 4 } });
  assert.equal(await round(farm, 'backup test'), 4);
  assert.deepEqual(await proven(), { total: 4, proven: 4, sites: 2, sitesProven: 2 });
  const { backup } = await call('site get', { params: { name: 'a.example.com' } });
  assert.deepEqual([backup.failures, backup.problem], [0, null]);
  assert.ok(backup.lastAt && backup.dueAt);
});
