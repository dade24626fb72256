import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { endTasks, furnished, setStatus } from '../../tests/kit/hub.ts';
import { recordBackup } from './backup-rows.ts';

const mb = 1024 * 1024;

test('a client has as many sites as it may, however they come to be asked for', async (t) => {
  const made = await furnished(t);
  const { good, problem, counts } = made;
  await good('POST', '/api/clients', { name: 'acme', sitesMax: 2 });
  await good('POST', '/api/clients', { name: 'other' });
  const site = (name: string, client = 'acme') => ({ name: `${name}.example.com`, platform: 'd10', client });
  await good('POST', '/api/sites', site('one'));
  await good('POST', '/api/sites', site('two'));
  await good('POST', '/api/sites', site('three', 'other'));
  await setStatus(made, 'site', 'one.example.com', 'enabled');
  await setStatus(made, 'site', 'three.example.com', 'enabled');
  await endTasks(made);
  const before = await counts();
  const over = await problem('over-quota', 'POST', '/api/sites', site('four'));
  assert.deepEqual([over.status, over.detail], [409, 'client acme has 2 of 2 sites']);
  await problem('over-quota', 'POST', '/api/sites/one.example.com/clone', { name: 'four.example.com' });
  await problem('over-quota', 'PATCH', '/api/sites/three.example.com', { client: 'acme' });
  assert.deepEqual(await counts(), before);
  // It is its own already: nothing is more.
  await good('PATCH', '/api/sites/one.example.com', { client: 'acme', title: 'One' });
  await good('PATCH', '/api/clients/acme', { sitesMax: 3 });
  const both = await Promise.all([site('four'), site('five')].map((body) => made.ask('POST', '/api/sites', body)));
  assert.deepEqual(both.map(({ status }) => status).toSorted(), [201, 409], 'the last place is given once');
  const { usage, sitesMax } = await good('GET', '/api/clients/acme');
  assert.deepEqual([usage.sites, sitesMax], [3, 3]);
  assert.equal((await good('PATCH', '/api/clients/acme', { sitesMax: null })).sitesMax, null);
  await good('POST', '/api/sites', site('six'));
});

test('backups are counted and weighed; one that a task makes to be safe is never refused', async (t) => {
  const made = await furnished(t);
  const { good, problem, hub } = made;
  const { db } = hub.database;
  await good('POST', '/api/clients', { name: 'acme', backupsMax: 1, diskMaxMb: 100 });
  const { site } = await good('POST', '/api/sites', { name: 'example.com', platform: 'd10', client: 'acme' });
  await setStatus(made, 'site', 'example.com', 'enabled');
  await endTasks(made);
  const task = '/api/sites/example.com/tasks';
  await good('POST', task, { name: 'site backup' });
  const [{ id }] = (await good('GET', '/api/backups')).items;
  await endTasks(made);
  const parts = [30 * mb, 20 * mb].map((restoredBytes, at) => ({ name: `part${at}`, restoredBytes }));
  const manifest = { format: 1, parts, site: { name: 'example.com' }, application: { name: 'drupal', version: '10' } };
  await db
    .transaction()
    .execute((tx) => recordBackup(tx, { id, made: { manifest: manifest as never, bytes: 10 * mb } }));
  assert.deepEqual((await good('GET', '/api/clients/acme')).usage, { sites: 1, backups: 1, bytes: 60 * mb });
  for (const reason of ['request', 'schedule']) {
    const refused = await problem('over-quota', 'POST', task, { name: 'site backup', args: { reason } });
    assert.equal(refused.detail, 'client acme has 1 of 1 backups');
  }
  await problem('over-quota', 'POST', '/api/backups?site=example.com', undefined, { raw: 'a file' });
  await good('POST', task, { name: 'site backup', dryRun: true });
  await good('PATCH', '/api/clients/acme', { backupsMax: 5, diskMaxMb: 60 });
  const full = await problem('over-quota', 'POST', task, { name: 'site backup' });
  assert.equal(full.detail, 'client acme uses 60 of 60 MB');
  const another = { name: 'other.example.com', platform: 'd10', client: 'acme' };
  await problem('over-quota', 'POST', '/api/sites', another);
  await good('POST', task, { name: 'site delete', args: { force: true } });
  // Of a site that is gone its backups are still there.
  await sql`update site set status = 'deleted' where id = ${site.id}`.execute(db);
  assert.deepEqual((await good('GET', '/api/clients/acme')).usage, { sites: 0, backups: 2, bytes: 10 * mb });
});
