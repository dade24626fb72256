import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { addPlatform, endTasks, furnished, setStatus, testHub } from '../../tests/kit/hub.ts';

const names = (page: { items: { name: string }[] }) => page.items.map(({ name }) => name);

test('a client is made, found, changed, and deleted once it owns nothing', async (t) => {
  const { good, problem } = await furnished(t);
  const made = await good('POST', '/api/clients', { name: 'acme', title: 'Acme Ltd', email: 'post@acme.example' });
  assert.equal(made.title, 'Acme Ltd');
  await problem('conflict', 'POST', '/api/clients', { name: 'acme' });
  assert.equal((await good('PATCH', '/api/clients/acme', { email: null })).email, null);
  assert.equal((await good('PATCH', '/api/clients/acme', { title: null })).title, 'acme');
  assert.deepEqual(await good('PATCH', '/api/clients/acme', {}), await good('GET', `/api/clients/${made.id}`));
  await good('POST', '/api/sites', { name: 'example.com', platform: 'd10', client: 'acme' });
  const inUse = await problem('in-use', 'DELETE', '/api/clients/acme');
  assert.match(inUse.hint, /aegir site set/);
  await good('PATCH', '/api/sites/example.com', { client: null });
  await good('DELETE', '/api/clients/acme');
  await problem('not-found', 'PATCH', '/api/clients/acme', { title: 'x' });
  await problem('not-found', 'PATCH', `/api/clients/${made.id}`, { title: 'x' });
  assert.equal((await good('GET', `/api/clients/${made.id}`)).status, 'deleted');
  assert.equal((await good('POST', '/api/clients', { name: 'acme' })).status, 'enabled');
});

test('a list goes on page by page, whatever comes or goes meanwhile', async (t) => {
  const { good } = await testHub(t);
  for (const letter of 'abcdefg') await good('POST', '/api/clients', { name: `c${letter}`, title: `Title ${letter}` });
  const first = await good('GET', '/api/clients?limit=3');
  assert.deepEqual([names(first), first.total], [['ca', 'cb', 'cc'], 7]);
  await good('DELETE', '/api/clients/cc');
  await good('POST', '/api/clients', { name: 'cbb' });
  const second = await good('GET', `/api/clients?limit=3&after=${first.next}`);
  assert.deepEqual(names(second), ['cd', 'ce', 'cf']);
  const third = await good('GET', `/api/clients?limit=3&after=${second.next}`);
  assert.deepEqual([names(third), third.next], [['cg'], null]);
});

test('what is searched for is text, and no pattern', async (t) => {
  const { good } = await testHub(t);
  await good('POST', '/api/clients', { name: 'a', title: '100% sure_thing \\o/' });
  await good('POST', '/api/clients', { name: 'b', title: '100 sure things' });
  const found = async (q: string) => names(await good('GET', `/api/clients?q=${encodeURIComponent(q)}`));
  assert.deepEqual(await found('SURE'), ['a', 'b']);
  assert.deepEqual(await found('%'), ['a']);
  assert.deepEqual(await found('e_t'), ['a']);
  assert.deepEqual(await found('\\o'), ['a']);
  assert.deepEqual(await found("' or true --"), []);
});

test('a server comes with its services and its first task, or not at all', async (t) => {
  const { good, problem, counts } = await testHub(t);
  const services = [{ type: 'http', engine: 'nginx', options: { port: 8080 } }];
  const { server, task } = await good('POST', '/api/servers', { name: 'web1', host: 'web1.example.com', services });
  assert.deepEqual(
    [server.context, server.status, server.services[0].options],
    ['@server_web1', 'queued', { port: 8080 }],
  );
  assert.deepEqual([task.name, task.subject.name, task.status], ['server verify', 'web1', 'queued']);
  const before = await counts();
  const wrong = [
    { name: 'web2', services: [{ type: 'http', engine: 'caddy' }] },
    { name: 'web2', services: [{ type: 'http', engine: 'nginx', options: { port: 'eighty' } }] },
    { name: 'web2', services: [{ type: 'http', engine: 'nginx', options: { colour: 1 } }] },
    { name: 'web2', services: [{ type: 'db', engine: 'nginx' }] },
    { name: '12' },
    { name: 'web2', data: { nobody: 1 } },
  ];
  for (const body of wrong) await problem('invalid', 'POST', '/api/servers', body);
  await problem('conflict', 'POST', '/api/servers', { name: 'web2', services: [...services, ...services] });
  await problem('conflict', 'POST', '/api/servers', { name: 'web1' });
  assert.deepEqual(await counts(), before);
});

test('three edits of a server are one verify', async (t) => {
  const { good } = await testHub(t);
  const first = await good('POST', '/api/servers', { name: 'web1' });
  for (const title of ['a', 'b', 'c'])
    assert.equal((await good('PATCH', '/api/servers/web1', { title })).task.id, first.task.id);
  assert.equal((await good('GET', '/api/servers/@server_web1')).title, 'c');
  assert.equal((await good('GET', '/api/tasks')).total, 1);
});

test("a service's secrets are sealed and never answered", async (t) => {
  const { good, problem, hub } = await testHub(t);
  await good('POST', '/api/servers', { name: 'db1' });
  const secret = 'correct-horse-battery';
  const body = { type: 'db', engine: 'mysql', options: { user: 'aegir', password: secret } };
  const { service } = await good('POST', '/api/servers/db1/services', body);
  assert.deepEqual([service.options, service.secretsSet], [{ user: 'aegir' }, ['password']]);
  const all = [
    await good('GET', '/api/servers'),
    await good('GET', '/api/servers/db1/services/db'),
    await good('GET', '/api/tasks'),
  ];
  assert.equal(JSON.stringify(all).includes(secret), false);
  const { rows } = await sql<{ text: string }>`select service::text as text from service`.execute(hub.database.db);
  assert.equal(rows[0]?.text.includes(secret), false);
  // Another option changes, and the secret stays.
  const { service: changed } = await good('PATCH', '/api/servers/db1/services/db', { options: { port: 3307 } });
  assert.deepEqual([changed.options, changed.secretsSet], [{ user: 'aegir', port: 3307 }, ['password']]);
  const { service: reset } = await good('PATCH', '/api/servers/db1/services/db', { options: { password: null } });
  assert.deepEqual(reset.secretsSet, []);
  await problem('not-found', 'GET', '/api/servers/db1/services/http');
});

test('changing a service verifies the server and what stands on it, and nothing else', async (t) => {
  const made = await furnished(t);
  const { good, problem } = made;
  await good('POST', '/api/servers', {
    name: 'other',
    services: [
      { type: 'http', engine: 'nginx' },
      { type: 'db', engine: 'mysql' },
    ],
  });
  await good('POST', '/api/platforms', { name: 'far', server: 'other', root: '/var/aegir/platforms/far' });
  for (const name of ['example.com', 'new.example.com']) await good('POST', '/api/sites', { name, platform: 'd10' });
  await setStatus(made, 'site', 'example.com', 'enabled');
  await endTasks(made);
  const { tasks } = await good('PATCH', '/api/servers/master/services/http', { options: { port: 8080 } });
  const asked = tasks.map((task: { name: string; subject: { name: string } }) => `${task.name} ${task.subject.name}`);
  // The second site is not installed yet: it will be with the new options.
  assert.deepEqual(asked, ['server verify master', 'platform verify d10', 'site verify example.com']);
  assert.equal((await good('GET', '/api/sites/example.com')).url, 'http://example.com:8080');
  await problem('in-use', 'DELETE', '/api/servers/master/services/http');
  await problem('in-use', 'PATCH', '/api/servers/master/services/db', { engine: 'postgresql' });
  await problem('in-use', 'DELETE', '/api/servers/master');
});

test('a server that nothing stands on is forgotten', async (t) => {
  const made = await testHub(t);
  await made.good('POST', '/api/servers', { name: 'web1', services: [{ type: 'http', engine: 'nginx' }] });
  await made.problem('in-use', 'DELETE', '/api/servers/web1');
  await endTasks(made);
  await made.good('DELETE', '/api/servers/web1');
  await made.problem('not-found', 'GET', '/api/servers/web1');
  await made.problem('not-found', 'POST', '/api/servers/web1/tasks', { name: 'server verify' });
});

test('a platform takes its place on the only web server, and no other may have its directory', async (t) => {
  const { good, problem, counts } = await furnished(t);
  const { platform, task } = await good('POST', '/api/platforms', {
    name: 'd11',
    root: '/var/aegir/platforms/d11/web',
  });
  assert.deepEqual(
    [platform.server, platform.engine, platform.status, task.name],
    ['master', 'nginx', 'queued', 'platform verify'],
  );
  const before = await counts();
  const taken = await problem('conflict', 'POST', '/api/platforms', {
    name: 'copy',
    root: '/var/aegir/platforms/d11/web',
  });
  assert.match(taken.detail, /platform d11/);
  await problem('conflict', 'POST', '/api/platforms', { name: 'd11', root: '/var/aegir/platforms/x' });
  for (const root of [
    '/',
    '/etc',
    '/etc/nginx',
    'relative',
    '/a/../etc',
    '/a//b',
    '/a/',
    '/a b',
    '/a;b',
    "/a'b",
    '/root/x',
    '/var',
  ])
    await problem('invalid', 'POST', '/api/platforms', { name: 'x', root });
  assert.deepEqual(await counts(), before);
});

test('a platform says what can be done with it, and why not', async (t) => {
  const made = await furnished(t);
  const { good, problem } = made;
  const possible = async () =>
    Object.fromEntries(
      (await good('GET', '/api/platforms/@platform_d10')).tasks.map((one: { name: string }) => [one.name, one]),
    );
  assert.deepEqual((await good('GET', '/api/platforms/d10')).profiles, ['minimal', 'standard']);
  assert.equal((await possible())['platform lock'].possible, true);
  assert.match((await possible())['platform unlock'].reason, /only when locked/);
  await good('POST', '/api/platforms/d10/tasks', { name: 'platform delete' });
  for (const one of Object.values(await possible()) as { possible: boolean; reason: string }[])
    assert.match(one.reason, /being deleted/);
  await problem('wrong-status', 'POST', '/api/platforms/d10/tasks', { name: 'platform verify' });
});

test('a platform with sites is not deleted, and one that is being deleted takes no site', async (t) => {
  const made = await furnished(t);
  const { good, problem } = made;
  await good('POST', '/api/sites', { name: 'example.com', platform: 'd10' });
  const inUse = await problem('in-use', 'POST', '/api/platforms/d10/tasks', { name: 'platform delete' });
  assert.match(inUse.detail, /example\.com/);
  await addPlatform(made, 'empty');
  // Whoever holds the platform's row first wins; the other is refused. Never both.
  const [site, remove] = await Promise.all([
    made.ask('POST', '/api/sites', { name: 'race.example.com', platform: 'empty' }),
    made.ask('POST', '/api/platforms/empty/tasks', { name: 'platform delete' }),
  ]);
  assert.deepEqual([site.status < 300, remove.status < 300].toSorted(), [false, true]);
});

test('context names mean what they say, whole', async (t) => {
  const { good, problem } = await furnished(t);
  for (const name of ['example.com', 'example.com.au'])
    await good('POST', '/api/sites', { name, platform: '@platform_d10' });
  assert.equal((await good('GET', '/api/resolve/@example.com')).name, 'example.com');
  assert.equal((await good('GET', '/api/resolve/@example.com.au')).name, 'example.com.au');
  assert.equal((await good('GET', '/api/resolve/@server_master')).noun, 'server');
  await problem('not-found', 'GET', '/api/resolve/@example');
  await problem('not-found', 'GET', '/api/sites/example');
  await problem('invalid', 'GET', '/api/resolve/example.com');
  const hint = (await problem('not-found', 'GET', '/api/sites/@server_master')).hint;
  assert.match(hint, /name of a server/);
});

test('settings have defaults, are checked, and are reset by null', async (t) => {
  const { good, problem } = await testHub(t);
  assert.equal((await good('PATCH', '/api/settings/site.run-user', { value: 'web' })).value, 'web');
  assert.equal((await good('GET', '/api/settings')).items[0].value, 'web');
  await problem('invalid', 'PATCH', '/api/settings/site.run-user', { value: 'root; rm -rf /' });
  await problem('not-found', 'PATCH', '/api/settings/toString', { value: 'x' });
  assert.equal((await good('PATCH', '/api/settings/site.run-user', { value: null })).value, 'www-data');
  await problem('invalid', 'PATCH', '/api/settings/site.run-user', { value: 'root' });
  await problem('invalid', 'PATCH', '/api/settings/task.retention-days', { value: 0 });
  assert.equal((await good('PATCH', '/api/settings/task.retention-days', { value: 30 })).value, 30);
  const { items } = await good('GET', '/api/settings');
  const changed = items.filter(({ isDefault }: { isDefault: boolean }) => !isDefault);
  assert.deepEqual(
    changed.map(({ name, value }: { name: string; value: unknown }) => [name, value]),
    [['task.retention-days', 30]],
  );
  const [first] = items;
  assert.deepEqual([first.name, first.value, first.isDefault], ['site.run-user', 'www-data', true]);
  assert.equal(new Set(items.map(({ name }: { name: string }) => name)).size, items.length);
  for (const { about } of items) assert.match(about, /^[A-Z]/);
  for (const value of [
    'http://panel.example.com',
    'https://panel.example.com/',
    'panel.example.com',
    'ftp://localhost',
  ])
    await problem('invalid', 'PATCH', '/api/settings/hub.address', { value });
  for (const value of ['https://panel.example.com', 'https://panel.example.com:8443', 'http://localhost:8460', null])
    assert.equal((await good('PATCH', '/api/settings/hub.address', { value })).value, value);
});

test('the queue is paused and resumed, and the status shows it', async (t) => {
  const { good, problem } = await testHub(t);
  await good('POST', '/api/queues/task/pause');
  assert.equal((await good('GET', '/api/status')).queue.paused, true);
  await good('POST', '/api/queues/task/resume');
  assert.equal((await good('GET', '/api/queues')).items[0].paused, false);
  await problem('not-found', 'POST', '/api/queues/other/pause');
});

test('engines, applications and task types say what they take', async (t) => {
  const { good } = await testHub(t);
  const { items: engines } = await good('GET', '/api/engines?type=http');
  assert.ok(engines.some(({ name }: { name: string }) => name === 'nginx'));
  assert.equal(engines[0].options.type, 'object');
  const { items: types } = await good('GET', '/api/task-types');
  const remove = types.find(({ name }: { name: string }) => name === 'site delete');
  assert.equal(remove.args.properties.force.type, 'boolean');
  const { items: applications } = await good('GET', '/api/applications');
  assert.ok(applications.length >= 2);
});

test('packages are listed where they lie, and as a site has them', async (t) => {
  const made = await furnished(t);
  const { good, hub } = made;
  await good('POST', '/api/sites', { name: 'example.com', platform: 'd10' });
  await sql`
    with named as (insert into package (application, type, name, title) values
        ('drupal', 'module', 'views', 'Views'), ('drupal', 'theme', 'olivero', 'Olivero') returning id, name),
      released as (insert into release (package_id, version, schema_version) select id, '10.1.2', 10100 from named returning id),
      placed as (insert into instance (release_id, platform_id, path)
        select released.id, platform.id, 'core/' || released.id from released, platform)
    insert into package_on_site (site_id, package_id, enabled)
      select site.id, named.id, named.name = 'views' from named, site`.execute(hub.database.db);
  const onPlatform = await good('GET', '/api/platforms/d10/packages?type=module');
  assert.deepEqual([names(onPlatform), onPlatform.items[0].version, onPlatform.total], [['views'], '10.1.2', 1]);
  assert.deepEqual(names(await good('GET', '/api/sites/example.com/packages')), ['olivero', 'views']);
  assert.deepEqual(names(await good('GET', '/api/sites/example.com/packages?enabled=true')), ['views']);
  const first = await good('GET', '/api/platforms/d10/packages?limit=1');
  assert.deepEqual(names(await good('GET', `/api/platforms/d10/packages?limit=1&after=${first.next}`)), ['views']);
});
