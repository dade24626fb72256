import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { addPlatform, endTasks, furnished, setStatus, type TestHub } from '../../tests/kit/hub.ts';
import type { Outcome } from '../tasks/outcome.ts';
import { releaseCopies } from './copies.ts';
import { recordFound, recordOutcome } from './outcome.ts';
import { unseal } from './seal.ts';
import { siteSecret } from './site-secrets.ts';
import { settleTask } from './task-control.ts';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly directory: string;
  readonly platform: string;
  readonly dbName: string;
  readonly dbPassword: Buffer;
  readonly copyOf: string | null;
}

const rows = async ({ hub }: TestHub): Promise<readonly Row[]> =>
  (
    await sql<Row>`
      select site.id, site.name, site.status, directory, platform.name as platform, db_name, db_password, copy_of
      from site join platform on platform.id = platform_id order by site.id`.execute(hub.database.db)
  ).rows;
const copiesIn = async (made: TestHub): Promise<readonly Row[]> =>
  (await rows(made)).filter(({ copyOf }) => copyOf !== null);

/** The site example.com with an alias on d10, as installed, and a platform d10-new. */
async function withSite(made: TestHub) {
  await addPlatform(made, 'd10-new');
  const body = { name: 'example.com', platform: 'd10', aliases: ['www.example.com'] };
  const { site } = await made.good('POST', '/api/sites', body);
  await endTasks(made);
  await setStatus(made, 'site', 'example.com', 'enabled');
  const ask = (name: string, args: object = {}, more: object = {}) =>
    made.good('POST', '/api/sites/example.com/tasks', { name, args, ...more });
  const refused = (code: string, name: string, args: object = {}) =>
    made.problem(code, 'POST', '/api/sites/example.com/tasks', { name, args });
  return { site, ask, refused };
}

/** As a worker ends a task. */
async function end(made: TestHub, task: string, site: string, outcome: Outcome): Promise<void> {
  const { hub } = made;
  await hub.database.db.transaction().execute(async (tx) => {
    await recordOutcome(tx, hub.sealKey, { task, noun: 'site', id: site }, outcome);
    await releaseCopies(tx, task);
  });
  await endTasks(made);
}

test('a copy has a place and credentials of its own, and nobody sees it', async (t) => {
  const made = await furnished(t);
  const { site, ask } = await withSite(made);
  await ask('site migrate', { platform: 'd10-new' });
  const [copy] = await copiesIn(made);
  assert.ok(copy);
  assert.deepEqual(
    [copy.name, copy.status, copy.platform, copy.directory, copy.dbName],
    ['example.com', 'queued', 'd10-new', 'example.com', `example_com_${copy.id}`],
  );
  const password = unseal(made.hub.sealKey, copy.dbPassword, siteSecret('db_password', copy.id)).reveal();
  assert.match(password, /^[A-Za-z0-9_-]{32}$/);
  const list = await made.good('GET', '/api/sites');
  assert.deepEqual([list.total, list.items[0].id], [1, site.id]);
  assert.equal((await made.good('GET', '/api/sites/example.com')).id, site.id);
  await made.problem('not-found', 'GET', `/api/sites/${copy.id}`);
  assert.equal((await made.good('GET', '/api/platforms/d10-new')).sites, 0);
  assert.equal((await made.good('GET', '/api/clients/main')).sites, 1);
  // It is there all the same for who would take its place away.
  const { detail } = await made.problem('in-use', 'POST', '/api/platforms/d10-new/tasks', { name: 'platform delete' });
  assert.match(detail, /example\.com/);
  await made.problem('conflict', 'POST', '/api/sites', {
    name: 'other.com',
    platform: 'd10-new',
    import: true,
    directory: 'example.com',
  });
});

test('what cannot be moved is refused with what to do, and nothing is written', async (t) => {
  const made = await furnished(t);
  const { ask, refused } = await withSite(made);
  await made.good('POST', '/api/sites', { name: 'taken.com', platform: 'd10-new', aliases: ['also.taken.com'] });
  await endTasks(made);
  for (const name of ['locked', 'wordpress']) await addPlatform(made, name);
  await setStatus(made, 'platform', 'locked', 'locked');
  await sql`update platform set application = 'wordpress' where name = 'wordpress'`.execute(made.hub.database.db);
  const before = await made.counts();
  assert.match((await refused('invalid', 'site migrate', { platform: 'd10' })).hint, /site update/);
  assert.match((await refused('invalid', 'site migrate', { platform: 'wordpress' })).detail, /holds wordpress/);
  assert.match((await refused('wrong-status', 'site migrate', { platform: 'locked' })).hint, /unlock/);
  await refused('not-found', 'site migrate', { platform: 'nowhere' });
  await refused('invalid', 'site migrate');
  assert.match((await refused('conflict', 'site rename', { name: 'also.taken.com' })).detail, /taken\.com/);
  await refused('conflict', 'site rename', { name: 'EXAMPLE.com' });
  for (const name of ['example', '-rf.com', '*.example.com', 'a..b', '127.0.0.1', 'x/../y.com'])
    await refused('invalid', 'site rename', { name });
  await refused('invalid', 'site move');
  await refused('not-found', 'site move', { dbServer: 'nowhere' });
  await refused('invalid', 'site move', { dbServer: 'master' });
  assert.deepEqual(await made.counts(), before);
  await made.good('POST', '/api/servers', { name: 'pg', services: [{ type: 'db', engine: 'postgresql' }] });
  const counts = await made.counts();
  assert.match((await refused('invalid', 'site move', { dbServer: 'pg' })).hint, /mysql/);
  assert.deepEqual(await made.counts(), counts);
  await ask('site migrate', { platform: 'd10-new' });
  assert.match((await refused('wrong-status', 'site rename', { name: 'new.com' })).detail, /moved already/);
  const { tasks } = await made.good('GET', '/api/sites/example.com');
  for (const name of ['site migrate', 'site rename', 'site update', 'site move'])
    assert.equal(tasks.find((one: { name: string }) => one.name === name).possible, false, name);
});

test('a copy is given back when its task is cancelled in the queue, settled or ended, and retry allocates another', async (t) => {
  const made = await furnished(t);
  const { ask } = await withSite(made);
  const { task } = await ask('site rename', { name: 'new.com' });
  const status = async () => (await copiesIn(made)).map((copy) => copy.status);
  const isFree = async () =>
    (await made.ask('POST', '/api/sites', { name: 'new.com', platform: 'd10' })).status === 201;
  assert.equal(await isFree(), false);
  await made.good('POST', `/api/tasks/${task.id}/cancel`);
  assert.deepEqual(await status(), ['deleted']);
  const again = await made.good('POST', `/api/tasks/${task.id}/retry`);
  assert.deepEqual(await status(), ['deleted', 'queued']);
  await sql`update task set status = 'stuck' where id = ${again.id}`.execute(made.hub.database.db);
  await settleTask(made.hub.database.db, again.id);
  assert.deepEqual(await status(), ['deleted', 'deleted']);
  assert.equal(await isFree(), true);
});

test('a dry run stands in nobody else’s way', async (t) => {
  const made = await furnished(t);
  const { ask } = await withSite(made);
  await ask('site rename', { name: 'new.com' }, { dryRun: true });
  await ask('site migrate', { platform: 'd10-new' }, { dryRun: true });
  assert.deepEqual(
    (await copiesIn(made)).map(({ status }) => status),
    ['deleted', 'deleted'],
  );
  await ask('site migrate', { platform: 'd10-new' });
  await made.good('POST', '/api/sites', { name: 'new.com', platform: 'd10' });
});

test('a site that has moved is where its copy was, and the copy keeps what it had', async (t) => {
  const made = await furnished(t);
  const { site, ask } = await withSite(made);
  const { hub } = made;
  const { task } = await ask('site migrate', { platform: 'd10-new' });
  const [own, copy] = await rows(made);
  const passwordOf = (row: Row | undefined) => {
    assert.ok(row);
    return unseal(hub.sealKey, row.dbPassword, siteSecret('db_password', row.id)).reveal();
  };
  const [ownPassword, copyPassword] = [passwordOf(own), passwordOf(copy)];
  const packages = [
    { type: 'module', name: 'system', enabled: true, isDefault: false, schemaVersion: 10_200 },
  ] as const;
  await hub.database.db
    .transaction()
    .execute((tx) =>
      recordFound(tx, hub.sealKey, { task: task.id, noun: 'site', id: site.id }, { copy: { packages } }),
    );
  const schemas = async (): Promise<readonly string[]> =>
    (await made.good('GET', '/api/sites/example.com/packages')).items.map(
      (one: { schemaVersion: string }) => one.schemaVersion,
    );
  assert.deepEqual(await schemas(), ['8000']);
  await end(made, task.id, site.id, { site: { moved: { database: true }, verified: true } });
  const [moved, left] = await rows(made);
  assert.deepEqual([moved?.platform, moved?.directory, moved?.dbName], ['d10-new', 'example.com', copy?.dbName]);
  assert.deepEqual([left?.platform, left?.dbName, left?.status], ['d10', own?.dbName, 'deleted']);
  assert.deepEqual([passwordOf(moved), passwordOf(left)], [copyPassword, ownPassword]);
  assert.deepEqual(await schemas(), ['10200']);
  const { site: shown } = { site: await made.good('GET', '/api/sites/example.com') };
  assert.deepEqual(
    [shown.platform, shown.status, shown.aliases],
    ['d10-new', 'enabled', [{ name: 'www.example.com', redirect: false }]],
  );
});

test('a task that failed leaves the site where it was', async (t) => {
  const made = await furnished(t);
  const { site, ask } = await withSite(made);
  const { task } = await ask('site migrate', { platform: 'd10-new' });
  const [before] = await rows(made);
  await end(made, task.id, site.id, {});
  const [after, copy] = await rows(made);
  assert.deepEqual(after, before);
  assert.equal(copy?.status, 'deleted');
});

test('a site that takes its copy into its own place keeps its directory', async (t) => {
  const made = await furnished(t);
  const { site, ask } = await withSite(made);
  const { task } = await ask('site update');
  assert.deepEqual(
    (await copiesIn(made)).map(({ directory }) => directory),
    [`.copy-${site.id}`],
  );
  await end(made, task.id, site.id, { site: { moved: { database: true } } });
  const [moved] = await rows(made);
  assert.deepEqual([moved?.directory, moved?.platform], ['example.com', 'd10']);
  assert.notEqual(moved?.dbName, site.database.name);
});

test('a renamed site has its new name, and the old one leads to it, shows it, or is free', async (t) => {
  const made = await furnished(t);
  const { site, ask } = await withSite(made);
  const rename = async (from: string, name: string, oldName: 'redirect' | 'alias' | 'none') => {
    const { task } = await made.good('POST', `/api/sites/${from}/tasks`, { name: 'site rename', args: { name } });
    assert.equal(
      (await made.good('GET', '/api/aliases')).items.some((one: { kind: string }) => one.kind === 'reserved'),
      false,
    );
    await end(made, task.id, site.id, { site: { moved: { database: true, oldName } } });
    const { items } = await made.good('GET', `/api/aliases?site=${site.id}`);
    return items.map((one: { name: string; kind: string }) => `${one.name} ${one.kind}`);
  };
  await ask('site rename', { name: 'reserved.com' });
  await made.problem('conflict', 'PATCH', '/api/sites/example.com', { aliases: ['reserved.com'] });
  await made.good('PATCH', '/api/sites/example.com', { aliases: ['www.example.com'] });
  await made.good('POST', `/api/tasks/${(await made.good('GET', '/api/tasks?name=site%20rename')).items[0].id}/cancel`);
  assert.deepEqual(await rename('example.com', 'new.com', 'redirect'), [
    'example.com redirect',
    'new.com canonical',
    'www.example.com alias',
  ]);
  const [row] = await rows(made);
  assert.deepEqual([row?.name, row?.directory], ['new.com', 'new.com']);
  assert.deepEqual(await rename('new.com', 'www.example.com', 'alias'), [
    'example.com redirect',
    'new.com alias',
    'www.example.com canonical',
  ]);
  assert.deepEqual(await rename('www.example.com', 'last.com', 'none'), [
    'example.com redirect',
    'last.com canonical',
    'new.com alias',
  ]);
});

test('a clone is a site of its own, with secrets of its own and nothing that belongs to the other alone', async (t) => {
  const made = await furnished(t);
  const { site } = await withSite(made);
  await made.good('PATCH', '/api/sites/example.com', { title: 'Shop', tls: 'on', redirection: 'www.example.com' });
  await endTasks(made);
  const { site: clone, task } = await made.good('POST', '/api/sites/example.com/clone', { name: 'Test.example.com' });
  assert.deepEqual(
    [clone.name, clone.status, clone.platform, clone.directory, clone.title, clone.tls],
    ['test.example.com', 'queued', 'd10', 'test.example.com', 'Shop', 'on'],
  );
  assert.deepEqual([clone.aliases, clone.redirection, clone.data], [[], null, {}]);
  assert.deepEqual([task.name, task.args], ['site clone', { source: site.id }]);
  const { rows: secrets } = await sql<{
    id: string;
    hashSalt: Buffer;
  }>`select id, hash_salt from site order by id`.execute(made.hub.database.db);
  const salts = secrets.map((one) => unseal(made.hub.sealKey, one.hashSalt, siteSecret('hash_salt', one.id)).reveal());
  assert.notEqual(salts[0], salts[1]);
  const before = await made.counts();
  await made.problem('conflict', 'POST', '/api/sites/example.com/clone', { name: 'www.example.com' });
  await made.problem('invalid', 'POST', '/api/sites/example.com/clone', { name: 'nodot' });
  await made.problem('not-found', 'POST', '/api/sites/example.com/clone', { name: 'b.com', platform: 'nowhere' });
  await made.problem('not-found', 'POST', '/api/sites/nobody.com/clone', { name: 'b.com' });
  await made.problem('wrong-status', 'POST', '/api/sites/test.example.com/clone', { name: 'b.com' });
  await setStatus(made, 'platform', 'd10', 'locked');
  await made.problem('wrong-status', 'POST', '/api/sites/example.com/clone', { name: 'b.com' });
  assert.deepEqual(await made.counts(), before);
  const other = await made.good('POST', '/api/sites/example.com/clone', { name: 'b.com', platform: 'd10-new' });
  assert.equal(other.site.platform, 'd10-new');
});
