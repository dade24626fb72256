import assert from 'node:assert/strict';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { exampleManifest } from '../../tests/kit/backup-contract.ts';
import { endTasks, furnished, setStatus, type TestHub } from '../../tests/kit/hub.ts';
import type { Manifest } from '../model/backup.ts';
import { releaseAllocated } from './allocated.ts';
import { forgetTransfers } from './backup-files.ts';
import { collectBackups } from './backup-gc.ts';
import { recordBackup } from './backup-rows.ts';
import { cancelTask } from './task-control.ts';

/** An enabled site that nothing was asked for yet. */
async function withSite(t: TestContext): Promise<TestHub> {
  const made = await furnished(t);
  await made.good('POST', '/api/sites', { name: 'example.com', platform: 'd10' });
  await endTasks(made);
  await setStatus(made, 'site', 'example.com', 'enabled');
  return made;
}

const ask = ({ good }: TestHub, name: string, args: object = {}, more: object = {}) =>
  good('POST', '/api/sites/example.com/tasks', { name, args, ...more });

/** As a worker would end it. */
async function makeBackup(made: TestHub, at: string): Promise<string> {
  const { db } = made.hub.database;
  const { task } = await ask(made, 'site backup');
  const { rows } = await sql<{
    id: string;
    name: string;
  }>`select id, name from backup where task_id = ${task.id}`.execute(db);
  const { id = '', name = '' } = rows[0] ?? {};
  const example = exampleManifest(name, []);
  const manifest: Manifest = { ...example, made: { ...example.made, at } };
  await recordBackup(db, { id, made: { manifest, bytes: 12_345 } });
  await endTasks(made);
  return id;
}

test('a backup that is asked for has its row at once, and nothing of it stays when it is cancelled or fails', async (t) => {
  const made = await withSite(t);
  const { good, hub } = made;
  const { db } = hub.database;
  const { task } = await ask(made, 'site backup', { note: 'before the relaunch' });
  const { items } = await good('GET', '/api/backups?site=example.com');
  assert.equal(items.length, 1);
  const { name, ...row } = items[0];
  assert.match(name, /^example\.com-\d{8}t\d{6}z-\d+$/);
  const shown = [
    row.site,
    row.siteName,
    row.status,
    row.reason,
    row.note,
    row.engine,
    row.server,
    row.task,
    row.pinned,
  ];
  assert.deepEqual(shown, [
    ...['example.com', 'example.com', 'queued', 'request', 'before the relaunch', 'archive', 'master', task.id, false],
  ]);
  assert.equal((await good('GET', `/api/backups/${row.id}`)).manifest, null);
  assert.equal((await good('GET', `/api/backups/${name}`)).id, row.id);
  await cancelTask(db, task.id);
  assert.equal((await good('GET', '/api/backups')).total, 0);
  assert.equal((await good('GET', `/api/backups/${row.id}`)).status, 'deleted');
  const failed = await ask(made, 'site backup');
  await endTasks(made, 'failed');
  await releaseAllocated(db, failed.task.id);
  assert.equal((await good('GET', '/api/backups?status=failed')).total, 1);
});

test('a dry run makes no backup, and a delete makes one unless it is told not to', async (t) => {
  const made = await withSite(t);
  const { good } = made;
  await ask(made, 'site backup', {}, { dryRun: true });
  assert.equal((await good('GET', '/api/backups')).total, 0);
  await ask(made, 'site delete', { force: true, backup: false });
  assert.equal((await good('GET', '/api/backups')).total, 0);
  await endTasks(made);
  await ask(made, 'site delete', { force: true });
  assert.deepEqual(
    (await good('GET', '/api/backups')).items.map((one: { reason: string }) => one.reason),
    ['before delete'],
  );
});

test('a backup remembers its store, whatever the service of its server is changed to', async (t) => {
  const made = await withSite(t);
  const { good, hub } = made;
  const password = 'correct horse battery';
  const options = { repository: '/srv/repository', password };
  await good('POST', '/api/servers/master/services', { type: 'backup', engine: 'restic', options });
  const id = await makeBackup(made, '2026-01-01T00:00:00Z');
  await good('PATCH', '/api/servers/master/services/backup', { engine: 'archive', options: null });
  const { rows } = await sql<{ engine: string; options: object; sealed: boolean }>`
    select engine, options, secrets is not null as sealed from backup where id = ${id}`.execute(hub.database.db);
  assert.deepEqual(rows, [{ engine: 'restic', options: { repository: '/srv/repository' }, sealed: true }]);
  const all = [
    await good('GET', '/api/backups'),
    await good('GET', `/api/backups/${id}`),
    await good('GET', '/api/tasks'),
  ];
  assert.equal(JSON.stringify(all).includes(password), false);
});

test('a pinned backup cannot be asked to be deleted for nothing, and one that is being deleted cannot be pinned', async (t) => {
  const made = await withSite(t);
  const { good, problem } = made;
  const id = await makeBackup(made, '2026-01-01T00:00:00Z');
  assert.equal((await good('POST', `/api/backups/${id}/pin`)).pinned, true);
  assert.equal((await good('GET', '/api/backups?pinned=true')).total, 1);
  assert.equal((await good('POST', `/api/backups/${id}/unpin`)).pinned, false);
  await good('POST', `/api/backups/${id}/tasks`, { name: 'backup delete' });
  await problem('wrong-status', 'POST', `/api/backups/${id}/pin`);
  const other = await ask(made, 'site backup');
  const { items } = await good('GET', '/api/backups?status=queued');
  await problem('wrong-status', 'POST', `/api/backups/${items[0].id}/pin`);
  assert.equal(other.task.status, 'queued');
  await problem('not-found', 'GET', '/api/backups/4711');
});

test('the rules of retention ask for what they do not keep to be deleted, once', async (t) => {
  const made = await withSite(t);
  const { good, hub } = made;
  const ids: string[] = [];
  for (const at of ['2026-01-01T08:00:00Z', '2026-01-01T20:00:00Z', '2026-01-02T08:00:00Z', '2026-01-03T08:00:00Z'])
    ids.push(await makeBackup(made, at));
  assert.equal(await collectBackups(hub), 0, 'nothing goes unless somebody says what stays');
  await good('PATCH', '/api/settings/backup.retention', { value: { daily: 2 } });
  await good('POST', `/api/backups/${ids[0]}/pin`);
  assert.equal(await collectBackups(hub), 1);
  const { items } = await good('GET', '/api/tasks?name=backup%20delete');
  assert.deepEqual(
    items.map((task: { subject: { id: string } }) => task.subject.id),
    [ids[1]],
  );
  assert.equal(await collectBackups(hub), 0, 'it is being deleted already');
});

test('retention that keeps nothing, or days of nowhere, is no setting', async (t) => {
  const { problem } = await furnished(t);
  for (const value of [{}, { daily: 0 }, { daily: 1, timeZone: 'Nowhere' }, { daily: -1 }, { hourly: 3 }, 7])
    await problem('invalid', 'PATCH', '/api/settings/backup.retention', { value });
});

const upload = ({ ask: send }: TestHub, query: string, bytes: Uint8Array<ArrayBuffer>) =>
  send('POST', `/api/backups${query}`, undefined, {
    raw: bytes,
    headers: { 'content-type': 'application/octet-stream' },
  });

test('what is uploaded lies among the transfers, with a row and the task that looks into it', async (t) => {
  const made = await withSite(t);
  const { good, hub } = made;
  const bytes = new Uint8Array(3_000_000).fill(7);
  const { status, body } = await upload(made, '?name=old.example.com&note=from%20the%20old%20host', bytes);
  assert.equal(status, 201, JSON.stringify(body));
  assert.deepEqual(
    [body.backup.site, body.backup.siteName, body.backup.reason, body.backup.note, body.task.name],
    [null, 'old.example.com', 'import', 'from the old host', 'backup import'],
  );
  assert.deepEqual(body.task.args, { name: 'old.example.com', unpackedMaxMb: 204_800 });
  const [file = ''] = await readdir(hub.transfers);
  assert.deepEqual(new Uint8Array(await readFile(join(hub.transfers, file))), bytes);
  await upload(made, '?site=example.com', bytes);
  assert.equal((await good('GET', '/api/backups?site=example.com')).total, 1);
});

test('an upload may be for a server that is another machine than the hub’s', async (t) => {
  const made = await withSite(t);
  await made.good('POST', '/api/servers', {
    ...{ name: 'far', host: 'far.example.com' },
    services: [{ type: 'http', engine: 'nginx' }],
  });
  const { status, body } = await upload(made, '?server=far&name=old.example.com', new Uint8Array(10));
  assert.equal(status, 201, JSON.stringify(body));
  assert.equal(body.backup.server, 'far');
});

test('an upload that cannot be is refused and leaves nothing', async (t) => {
  const made = await withSite(t);
  const { good, hub, problem } = made;
  const refused = async (code: string, query: string, bytes = new Uint8Array(10)) => {
    const { body } = await upload(made, query, bytes);
    assert.equal(body.code, code, JSON.stringify(body));
  };
  const before = await made.counts();
  await refused('invalid', '', new Uint8Array(0));
  await refused('not-found', '?site=nobody.example.com');
  await refused('not-found', '?server=nowhere');
  await refused('invalid', '?name=not%20a%20name');
  await refused('invalid', '?directory=..%2Fetc');
  await refused('invalid', '?colour=red');
  await good('PATCH', '/api/settings/backup.upload-max-mb', { value: 1 });
  await refused('too-large', '', new Uint8Array(1024 * 1024 + 1));
  const services = [{ type: 'http', engine: 'nginx' }];
  await good('POST', '/api/servers', { name: 'far', host: 'far.example.com', services });
  await refused('invalid', '');
  await refused('invalid', '?site=example.com&server=far');
  assert.deepEqual(await readdir(hub.transfers), []);
  assert.equal((await made.counts())['task'], (before['task'] ?? 0) + 1, 'only that of the new server');
  assert.equal((await good('GET', '/api/backups')).total, 0);
  await problem('unauthenticated', 'POST', '/api/backups', undefined, { raw: new Uint8Array(1), token: 'wrong' });
});

test('a backup is downloaded once it was exported, whole, under its own name', async (t) => {
  const made = await withSite(t);
  const { good, problem, hub, ask: send } = made;
  const id = await makeBackup(made, '2026-01-01T00:00:00Z');
  const missing = await problem('wrong-status', 'GET', `/api/backups/${id}/file`);
  assert.match(missing.hint, /aegir backup export/);
  const { name } = await good('GET', `/api/backups/${id}`);
  const bytes = Buffer.alloc(2_000_000, 'backup');
  await writeFile(join(hub.transfers, `${name}.tar`), bytes);
  const { response } = await send('GET', `/api/backups/${id}/file`);
  assert.equal(response.headers.get('content-disposition'), `attachment; filename="${name}.tar"`);
  assert.equal(response.headers.get('content-length'), String(bytes.length));
  assert.ok(Buffer.from(await response.arrayBuffer()).equals(bytes));
});

test('transfers are for a day; an upload that nobody looked into is then forgotten', async (t) => {
  const made = await withSite(t);
  const { good, hub } = made;
  const { body } = await upload(made, '', new Uint8Array(10));
  const [file = ''] = await readdir(hub.transfers);
  await forgetTransfers(hub);
  assert.deepEqual(await readdir(hub.transfers), [file]);
  const old = new Date(Date.now() - 25 * 60 * 60_000);
  await utimes(join(hub.transfers, file), old, old);
  await endTasks(made, 'failed');
  await sql`update backup set created_at = ${old}`.execute(hub.database.db);
  await forgetTransfers(hub);
  assert.deepEqual(await readdir(hub.transfers), []);
  assert.equal((await good('GET', `/api/backups/${body.backup.id}`)).status, 'deleted');
});

test('a site is made of a backup under its own or another name, with what it was called', async (t) => {
  const made = await withSite(t);
  const { good, problem } = made;
  const id = await makeBackup(made, '2026-01-01T00:00:00Z');
  const body = { name: 'again.example.com', platform: 'd10', import: true, backup: id };
  const { site, task } = await good('POST', '/api/sites', body);
  assert.deepEqual([site.title, site.profile, site.email], ['Beispiel ü', 'standard', 'a@example.com']);
  assert.deepEqual([task.name, task.args], ['site import', { backup: id, update: false }]);
  await problem('invalid', 'POST', '/api/sites', { ...body, name: 'b.example.com', import: false });
  await problem('not-found', 'POST', '/api/sites', { ...body, name: 'b.example.com', backup: '4711' });
  await problem('invalid', 'POST', '/api/sites', { ...body, name: 'b.example.com', directory: 'b' });
  await ask(made, 'site backup');
  const { items } = await good('GET', '/api/backups?status=queued');
  await problem('wrong-status', 'POST', '/api/sites', { ...body, name: 'b.example.com', backup: items[0].id });
});
