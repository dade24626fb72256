import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { addPlatform, endTasks, furnished, setStatus } from '../../tests/kit/hub.ts';
import { Secret } from '../model/secret.ts';
import { seal, unseal } from './seal.ts';
import { siteSecret, taskSecret } from './site-secrets.ts';

test('a site gets all its names in the transaction that asks for its installation', async (t) => {
  const { good, hub } = await furnished(t);
  const { site, task } = await good('POST', '/api/sites', { name: 'Example.com', platform: 'd10' });
  assert.deepEqual(
    [site.name, site.context, site.status, site.profile, site.client, site.directory, site.email],
    ['example.com', '@example.com', 'queued', 'standard', 'main', 'example.com', 'webmaster@example.com'],
  );
  assert.deepEqual([task.name, task.status], ['site install', 'queued']);
  assert.deepEqual([site.database.engine, site.database.server], ['mysql', 'master']);
  const { rows } = await sql<{
    dbPassword: Buffer;
    hashSalt: Buffer;
    cronKey: Buffer;
    dbName: string;
    runUser: string;
  }>`
    select db_password, hash_salt, cron_key, db_name, run_user from site where id = ${site.id}`.execute(
    hub.database.db,
  );
  const [row] = rows;
  assert.ok(row);
  assert.match(unseal(hub.sealKey, row.hashSalt, siteSecret('hash_salt', site.id)).reveal(), /^[A-Za-z0-9_-]{74}$/);
  assert.match(unseal(hub.sealKey, row.cronKey, siteSecret('cron_key', site.id)).reveal(), /^[A-Za-z0-9_-]{43}$/);
  const password = unseal(hub.sealKey, row.dbPassword, siteSecret('db_password', site.id)).reveal();
  assert.match(password, /^[A-Za-z0-9_-]{32}$/);
  assert.equal(JSON.stringify(await good('GET', '/api/sites')).includes(password), false);
  assert.deepEqual([row.dbName, row.runUser], [site.database.name, 'www-data']);
});

test('names that begin alike get databases of their own', async (t) => {
  const { good } = await furnished(t);
  const long = 'a-very-long-name-that-fills-every-column-there-ever-was';
  const seen = new Set<string>();
  for (const name of [
    `${long}1.example.com`,
    `${long}2.example.com`,
    'example.com',
    'examplecom.com',
    'example.com.au',
    'ex-ample.com',
  ])
    seen.add((await good('POST', '/api/sites', { name, platform: 'd10' })).site.database.name);
  assert.equal(seen.size, 6);
});

test('a host name belongs to one site, however it is asked for', async (t) => {
  const { good, problem, ask, counts } = await furnished(t);
  await good('POST', '/api/sites', { name: 'example.com', platform: 'd10', aliases: ['www.example.com'] });
  const before = await counts();
  for (const body of [
    { name: 'example.com' },
    { name: 'EXAMPLE.com' },
    { name: 'www.example.com' },
    { name: 'other.com', aliases: ['a.other.com', 'www.example.com'] },
  ]) {
    const taken = await problem('conflict', 'POST', '/api/sites', { platform: 'd10', ...body });
    assert.match(taken.detail, /belongs to the site example\.com/);
  }
  await problem('invalid', 'POST', '/api/sites', { name: 'b.com', platform: 'd10', aliases: ['B.com'] });
  assert.deepEqual(await counts(), before); // Neither site nor client nor task: the transaction is one.
  const both = ['first.com', 'second.com'].map((name) =>
    ask('POST', '/api/sites', { name, platform: 'd10', aliases: ['contested.com'] }),
  );
  assert.deepEqual((await Promise.all(both)).map(({ status }) => status).toSorted(), [201, 409]);
});

test('a site is refused where it could not be installed, with what to do instead', async (t) => {
  const made = await furnished(t);
  const { good, problem, counts } = made;
  await addPlatform(made, 'locked');
  await setStatus(made, 'platform', 'locked', 'locked');
  await good('POST', '/api/platforms', { name: 'fresh', root: '/var/aegir/platforms/fresh' });
  await good('POST', '/api/clients', { name: 'late' });
  await good('PATCH', '/api/clients/late', { status: 'locked' });
  const before = await counts();
  const name = 'example.com';
  assert.match((await problem('wrong-status', 'POST', '/api/sites', { name, platform: 'locked' })).hint, /unlock/);
  assert.match(
    (await problem('wrong-status', 'POST', '/api/sites', { name, platform: 'fresh' })).detail,
    /not verified/,
  );
  await problem('not-found', 'POST', '/api/sites', { name, platform: 'd9' });
  assert.match(
    (await problem('invalid', 'POST', '/api/sites', { name, platform: 'd10', profile: 'umami' })).hint,
    /minimal, standard/,
  );
  await problem('not-found', 'POST', '/api/sites', { name, platform: 'd10', client: 'nobody' });
  await problem('wrong-status', 'POST', '/api/sites', { name, platform: 'd10', client: 'late' });
  await problem('invalid', 'POST', '/api/sites', { name, platform: 'd10', redirection: 'elsewhere.com' });
  await problem('invalid', 'POST', '/api/sites', { name, platform: 'd10', certificatePath: '/etc/ssl/a.pem' });
  await problem('invalid', 'POST', '/api/sites', { name, platform: 'd10', directory: 'x' });
  for (const bad of [
    'example',
    'example.com.',
    '-rf.com',
    '*.example.com',
    '127.0.0.1',
    'a..com',
    `${'a'.repeat(64)}.com`,
  ])
    await problem('invalid', 'POST', '/api/sites', { name: bad, platform: 'd10' });
  assert.deepEqual(await counts(), before);
});

test('WordPress takes no sqlite, and the only database service there is when none is named', async (t) => {
  const made = await furnished(t);
  const { good, problem, hub } = made;
  await good('POST', '/api/servers', { name: 'db1', services: [{ type: 'db', engine: 'sqlite' }] });
  await sql`update platform set application = 'wordpress', scan = null`.execute(hub.database.db);
  assert.equal((await good('POST', '/api/sites', { name: 'a.example.com', platform: 'd10' })).site.profile, '');
  await problem('invalid', 'POST', '/api/sites', { name: 'b.example.com', platform: 'd10', dbServer: 'db1' });
  await problem('invalid', 'POST', '/api/sites', { name: 'b.example.com', platform: 'd10', profile: 'standard' });
});

test('only the given fields of a site change, null resets, and three edits are one verify', async (t) => {
  const made = await furnished(t);
  const { good, problem } = made;
  await good('POST', '/api/sites', { name: 'example.com', platform: 'd10', title: 'First' });
  // Not installed yet: the installation takes what is there then.
  assert.equal((await good('PATCH', '/api/sites/example.com', { title: 'Second' })).task, null);
  await setStatus(made, 'site', 'example.com', 'enabled');
  await endTasks(made);
  const aliases = ['www.example.com', { name: 'old.example.com', redirect: true }];
  const one = await good('PATCH', '/api/sites/example.com', { aliases });
  const two = await good('PATCH', '/api/sites/@example.com', { redirection: 'www.example.com', tls: 'required' });
  const three = await good('PATCH', `/api/sites/${one.site.id}`, { title: null });
  assert.deepEqual([one.task.name, two.task.id, three.task.id], ['site verify', one.task.id, one.task.id]);
  assert.deepEqual(three.site.aliases, [
    { name: 'old.example.com', redirect: true },
    { name: 'www.example.com', redirect: false },
  ]);
  assert.deepEqual([three.site.title, three.site.url], ['example.com', 'https://www.example.com']);
  await problem('invalid', 'PATCH', '/api/sites/example.com', { aliases: [] }); // It redirects to one of them.
  await problem('invalid', 'PATCH', '/api/sites/example.com', { keyPath: '/etc/ssl/a.key' });
  const none = await good('PATCH', '/api/sites/example.com', { aliases: null, redirection: null, tls: null });
  assert.deepEqual([none.site.aliases, none.site.redirection, none.site.tls], [[], null, 'off']);
  assert.equal((await good('PATCH', '/api/sites/example.com', {})).task, null);
});

test('aliases of a site that is being deleted are not changed', async (t) => {
  const made = await furnished(t);
  await made.good('POST', '/api/sites', { name: 'example.com', platform: 'd10' });
  await setStatus(made, 'site', 'example.com', 'disabled');
  await endTasks(made);
  const { task } = await made.good('POST', '/api/sites/example.com/tasks', { name: 'site delete' });
  await made.problem('wrong-status', 'PATCH', '/api/sites/example.com', { title: 'x' });
  await made.problem('wrong-status', 'POST', '/api/sites/example.com/tasks', { name: 'site enable' });
  await made.good('POST', `/api/tasks/${task.id}/cancel`);
  await made.good('PATCH', '/api/sites/example.com', { title: 'x' });
});

test('sites are found by name, alias, title, and by what they stand on', async (t) => {
  const made = await furnished(t);
  const { good } = made;
  await addPlatform(made, 'd11');
  await good('POST', '/api/sites', {
    name: 'shop.example.com',
    platform: 'd10',
    aliases: ['www.boutique.com'],
    title: 'Läden',
  });
  await good('POST', '/api/servers', { name: 'db1', services: [{ type: 'db', engine: 'mysql' }] });
  await good('POST', '/api/sites', { name: 'blog.example.com', platform: 'd11', profile: 'minimal', dbServer: 'db1' });
  await setStatus(made, 'site', 'blog.example.com', 'enabled');
  const found = async (query: string) =>
    (await good('GET', `/api/sites?${query}`)).items.map(({ name }: { name: string }) => name);
  assert.deepEqual(await found(''), ['blog.example.com', 'shop.example.com']);
  assert.deepEqual(await found('q=boutique'), ['shop.example.com']);
  assert.deepEqual(await found(`q=${encodeURIComponent('läden')}`), ['shop.example.com']);
  assert.deepEqual(await found('platform=@platform_d11'), ['blog.example.com']);
  assert.deepEqual(await found('dbServer=db1'), ['blog.example.com']);
  assert.deepEqual(await found('dbServer=master'), ['shop.example.com']);
  assert.deepEqual(await found('status=enabled'), ['blog.example.com']);
  assert.deepEqual(await found('profile=minimal&client=main&server=master'), ['blog.example.com']);
  const { items } = await good('GET', '/api/aliases?site=shop.example.com&kind=alias');
  assert.deepEqual(items, [{ name: 'www.boutique.com', site: 'shop.example.com', kind: 'alias' }]);
});

test('a name that is an alias is no site, and the hint says whose it is', async (t) => {
  const { good, problem } = await furnished(t);
  await good('POST', '/api/sites', { name: 'example.com', platform: 'd10', aliases: ['www.example.com'] });
  const { hint } = await problem('not-found', 'PATCH', '/api/sites/www.example.com', { title: 'x' });
  assert.match(hint, /alias of the site example\.com/);
});

test('the login link is answered for a day, to who asks for its site, and for no other task', async (t) => {
  const { good, problem, hub } = await furnished(t);
  const { task } = await good('POST', '/api/sites', { name: 'example.com', platform: 'd10' });
  await problem('not-found', 'GET', '/api/sites/example.com/login-link');
  const sealed = seal(hub.sealKey, new Secret('https://example.com/user/reset/1'), taskSecret(task.id, 'loginLink'));
  await sql`insert into task_secret (task_id, name, sealed) values (${task.id}, 'loginLink', ${sealed})`.execute(
    hub.database.db,
  );
  assert.equal((await good('GET', '/api/sites/example.com/login-link')).link, 'https://example.com/user/reset/1');
  await good('GET', `/api/sites/example.com/login-link?task=${task.id}`);
  await problem('not-found', 'GET', `/api/sites/example.com/login-link?task=${Number(task.id) + 1}`);
  await sql`update task_secret set created_at = now() - interval '25 hours'`.execute(hub.database.db);
  await problem('not-found', 'GET', '/api/sites/example.com/login-link');
});

test('a site that was only planned is discarded and its names are free; an asked for one is not', async (t) => {
  const made = await furnished(t);
  const { good, problem } = made;
  const { task } = await good('POST', '/api/sites', { name: 'plan.example.com', platform: 'd10', dryRun: true });
  assert.equal(task.dryRun, true);
  await problem('wrong-status', 'DELETE', '/api/sites/plan.example.com'); // The dry run still waits.
  await good('POST', `/api/tasks/${task.id}/cancel`);
  await good('DELETE', '/api/sites/plan.example.com');
  await good('POST', '/api/sites', { name: 'plan.example.com', platform: 'd10' });
  await endTasks(made, 'failed');
  await problem('wrong-status', 'DELETE', '/api/sites/plan.example.com');
});

test('a site is imported from the directory it lies in', async (t) => {
  const { good } = await furnished(t);
  const body = { name: 'new.example.com', platform: 'd10', import: true, directory: 'old.example.com' };
  const { site, task } = await good('POST', '/api/sites', body);
  assert.deepEqual([site.directory, task.name], ['old.example.com', 'site import']);
});
