import assert from 'node:assert/strict';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import pg from 'pg';
import { type TestHub, testHub } from '../../tests/kit/hub.ts';
import { temporaryDirectory, testDatabaseUrl } from '../../tests/kit/postgres.ts';
import { migrate } from './migrate.ts';

/** An account with this role, and a token of it. */
async function withRole({ good }: TestHub, name: string, role?: string, client?: string): Promise<{ token: string }> {
  await good('POST', '/api/accounts', { name, ...(role && { role }), ...(client && { client }) });
  return { token: (await good('POST', '/api/tokens', { account: name })).token };
}

test('accounts that are there when roles come are administrators, and go on as before', async (t) => {
  const url = await testDatabaseUrl(t, { empty: true });
  const directory = join(await temporaryDirectory(t), 'schema');
  const all = fileURLToPath(new URL('./schema', import.meta.url));
  await mkdir(directory);
  await cp(all, directory, { recursive: true, filter: (file) => file === all || /000[1-8]-[^/]+$/.test(file) });
  await migrate(url, directory);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    "insert into account (name, status) values ('ada', 'enabled'), ('bob', 'locked'), ('eve', 'deleted')",
  );
  await rm(directory, { recursive: true });
  await migrate(url);
  const { rows } = await client.query(
    'select account.name, role.name as role, client_id from membership join account on account.id = account_id join role on role.id = role_id order by 1',
  );
  await client.end();
  assert.deepEqual(rows, [
    { name: 'ada', role: 'administrator', client_id: null },
    { name: 'bob', role: 'administrator', client_id: null },
  ]);
});

test('a role is made, given, changed for all who have it at once, and deleted when nobody has it', async (t) => {
  const hub = await testHub(t);
  const { good, problem } = hub;
  await good('POST', '/api/clients', { name: 'acme' });
  const made = await good('POST', '/api/roles', {
    name: 'looker',
    permissions: ['site read', 'client read', 'site read'],
  });
  assert.deepEqual([made.title, made.permissions, made.builtIn], ['looker', ['client read', 'site read'], false]);
  await problem('conflict', 'POST', '/api/roles', { name: 'looker', permissions: [] });
  const { fields } = await problem('invalid', 'POST', '/api/roles', {
    name: 'x',
    permissions: ['site read', 'site explode'],
  });
  assert.equal(fields[0].path, 'permissions.1');
  await problem('invalid', 'POST', '/api/roles', { name: 'x', permissions: ['*'] });
  const ada = await withRole(hub, 'ada', 'looker', 'acme');
  await good('GET', '/api/clients/acme', undefined, ada);
  await good('PATCH', '/api/roles/looker', { permissions: ['site read', 'site login'] });
  await problem('forbidden', 'GET', '/api/clients/acme', undefined, ada);
  await problem('in-use', 'DELETE', '/api/roles/looker');
  const [{ id }] = (await good('GET', '/api/memberships?role=looker')).items;
  await good('DELETE', `/api/memberships/${id}`);
  const none = await problem('forbidden', 'GET', '/api/sites', undefined, ada);
  assert.match(none.hint, /You have no role here/);
  await good('DELETE', '/api/roles/looker');
  await problem('not-found', 'POST', '/api/memberships', { account: 'ada', role: 'looker' });
});

test('the administrator may everything for ever, and the roles that come with Aegir stay', async (t) => {
  const { good, problem, hub } = await testHub(t);
  await problem('wrong-status', 'PATCH', '/api/roles/administrator', { permissions: ['site read'] });
  await problem('wrong-status', 'PATCH', '/api/roles/administrator', { title: 'Nobody' });
  for (const name of ['administrator', 'platform-manager', 'account-manager', 'client', 'viewer'])
    await problem('wrong-status', 'DELETE', `/api/roles/${name}`);
  // Not even by hand.
  for (const change of ["permissions = '{site read}'", "status = 'deleted'", "name = 'root'", 'built_in = false'])
    await assert.rejects(
      hub.database.pool.query(`update role set ${change} where name = 'administrator'`),
      /check constraint/,
    );
  await assert.rejects(
    hub.database.pool.query("update role set permissions = '{*}' where name = 'viewer'"),
    /check constraint/,
  );
  assert.deepEqual((await good('PATCH', '/api/roles/viewer', { permissions: ['site read'] })).permissions, [
    'site read',
  ]);
});

test('every permission of the roles that come with Aegir is one', async (t) => {
  const { good } = await testHub(t);
  const known = (await good('GET', '/api/permissions')).items.map(({ name }: { name: string }) => name);
  for (const { name, permissions } of (await good('GET', '/api/roles')).items)
    for (const one of permissions) assert.ok(one === '*' || known.includes(one), `${name}: ${one}`);
});

test('the last administrator stays, also when two remove each other at once', async (t) => {
  const hub = await testHub(t);
  const { good, problem, ask } = hub;
  await withRole(hub, 'ada', 'administrator');
  await withRole(hub, 'bob', 'viewer');
  const [{ id }] = (await good('GET', '/api/memberships?account=ada')).items;
  await problem('in-use', 'DELETE', `/api/memberships/${id}`);
  await problem('in-use', 'DELETE', '/api/accounts/ada');
  const last = await problem('in-use', 'PATCH', '/api/accounts/ada', { status: 'locked' });
  assert.match(last.hint, /aegir membership create/);
  await good('PATCH', '/api/accounts/ada', { email: 'ada@example.com' });
  await good('DELETE', '/api/accounts/bob');
  const eve = await withRole(hub, 'eve', 'administrator');
  const ada = await good('POST', '/api/tokens', { account: 'ada' });
  const { db } = hub.hub.database;
  const both = await db.transaction().execute(async (tx) => {
    await sql`select from role where name = 'administrator' for update`.execute(tx);
    const asked = [
      ask('DELETE', '/api/accounts/eve', undefined, { token: ada.token }),
      ask('DELETE', '/api/accounts/ada', undefined, eve),
    ];
    while ((await waiting(db)) < 2) await new Promise((resolve) => setImmediate(resolve));
    return { asked };
  });
  const answers = await Promise.all(both.asked);
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 409]);
});

/** How many connections wait for another's lock. */
async function waiting(db: TestHub['hub']['database']['db']): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
  return rows[0]?.count ?? 0;
}

test('nobody gives, takes or gets hold of more than they may themselves', async (t) => {
  const hub = await testHub(t);
  const { good, problem } = hub;
  await good('POST', '/api/clients', { name: 'acme' });
  await withRole(hub, 'root', 'administrator');
  await withRole(hub, 'bob', 'client', 'acme');
  const manager = await withRole(hub, 'manager', 'account-manager');
  const give = { account: 'manager', role: 'administrator' };
  await problem('forbidden', 'POST', '/api/memberships', give, manager);
  await problem('forbidden', 'POST', '/api/memberships', { ...give, client: 'acme' }, manager);
  await problem('forbidden', 'POST', '/api/accounts', { name: 'x', role: 'platform-manager' }, manager);
  const [{ id }] = (await good('GET', '/api/memberships?account=root')).items;
  await problem('forbidden', 'DELETE', `/api/memberships/${id}`, undefined, manager);
  await problem('forbidden', 'POST', '/api/tokens', { account: 'root' }, manager);
  await problem('forbidden', 'PATCH', '/api/accounts/root', { status: 'locked' }, manager);
  await good('POST', '/api/memberships', { account: 'bob', role: 'viewer', client: 'acme' }, manager);
  // A token would grow with what its account may later.
  await problem('forbidden', 'POST', '/api/tokens', { account: 'bob' }, manager);
  // Who may make roles makes none that may more, and changes none that does; also not the one they have.
  await good('POST', '/api/roles', { name: 'role-maker', permissions: ['role change', 'account read', 'site read'] });
  const maker = await withRole(hub, 'maker', 'role-maker');
  await problem(
    'forbidden',
    'PATCH',
    '/api/roles/role-maker',
    { permissions: ['role change', 'server change'] },
    maker,
  );
  await problem('forbidden', 'PATCH', '/api/roles/client', { permissions: ['site read'] }, maker);
  await problem('forbidden', 'POST', '/api/roles', { name: 'x', permissions: ['site change'] }, maker);
  await good('POST', '/api/roles', { name: 'x', permissions: ['site read'] }, maker);
});

test('who has a role for a client gives it on there, and nowhere else', async (t) => {
  const hub = await testHub(t);
  const { good, problem } = hub;
  for (const name of ['acme', 'other']) await good('POST', '/api/clients', { name });
  const permissions = ['client read', 'account read', 'membership change', 'site read'];
  await good('POST', '/api/roles', { name: 'owner', permissions });
  const owner = await withRole(hub, 'ada', 'owner', 'acme');
  await withRole(hub, 'bob', 'viewer', 'acme');
  await withRole(hub, 'eve', 'viewer', 'other');
  await good('POST', '/api/memberships', { account: 'bob', role: 'owner', client: 'acme' }, owner);
  await problem('conflict', 'POST', '/api/memberships', { account: 'bob', role: 'owner', client: 'acme' }, owner);
  await problem('forbidden', 'POST', '/api/memberships', { account: 'bob', role: 'owner' }, owner);
  await problem('forbidden', 'POST', '/api/memberships', { account: 'bob', role: 'client', client: 'acme' }, owner);
  await problem('not-found', 'POST', '/api/memberships', { account: 'bob', role: 'owner', client: 'other' }, owner);
  await problem('not-found', 'POST', '/api/memberships', { account: 'eve', role: 'owner', client: 'acme' }, owner);
  const { accounts } = await good('GET', '/api/clients/acme', undefined, owner);
  assert.deepEqual(accounts, [
    { account: 'ada', role: 'owner' },
    { account: 'bob', role: 'owner' },
    { account: 'bob', role: 'viewer' },
  ]);
  await good('POST', '/api/memberships', { account: 'bob', role: 'viewer', client: 'other' });
  assert.deepEqual((await good('GET', '/api/accounts/bob', undefined, owner)).roles, [
    { role: 'owner', client: 'acme' },
    { role: 'viewer', client: 'acme' },
  ]);
  assert.equal((await good('GET', '/api/accounts/bob')).roles.length, 3);
  await good('DELETE', '/api/clients/acme');
  assert.deepEqual((await good('GET', '/api/accounts/bob')).roles, [{ role: 'viewer', client: 'other' }]);
});
