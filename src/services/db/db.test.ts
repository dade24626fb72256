import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { privateMariadb, privatePostgres } from '../../../tests/kit/databases.ts';
import { type DbWorld, dbContract, fresh, refusesWhenDown } from '../../../tests/kit/db-contract.ts';
import { temporaryDirectory } from '../../../tests/kit/postgres.ts';
import { LocalMachine } from '../../machine/local.ts';
import { Secret } from '../../model/secret.ts';
import { serverPaths } from '../../model/server.ts';
import type { Engine, EngineHost } from '../engine.ts';
import type { Db } from './db.ts';
import { mysql } from './mysql.ts';
import { nullDb } from './null.ts';
import { postgresql } from './postgresql.ts';
import { sqlite } from './sqlite.ts';

async function localHost(t: TestContext): Promise<EngineHost> {
  const root = await temporaryDirectory(t);
  const machine = new LocalMachine({
    name: 'here',
    log: { append: async () => undefined },
    claim: new AbortController().signal,
  });
  return { machine, paths: serverPaths(root, 'here') };
}

// Engines of type db open a Db; the list of engines does not say so.
const open = (engine: Engine, host: EngineHost, options: unknown): Db => engine.open(host, options) as Db;

const works = (attempt: Promise<unknown>): Promise<boolean> =>
  attempt.then(
    () => true,
    () => false,
  );

async function mariadbWorld(t: TestContext): Promise<DbWorld> {
  const { sql, options } = await privateMariadb(t);
  return {
    host: await localHost(t),
    open: (host) => open(mysql, host, options),
    snapshot: async () =>
      JSON.stringify(
        await sql(`select schema_name, default_character_set_name from information_schema.schemata order by 1;
        select user, host, authentication_string from mysql.user order by 1, 2;
        select user, host, db, select_priv, drop_priv from mysql.db order by 1, 2, 3`),
      ),
    makeForeign: async (name) =>
      void (await sql(`create database \`${name}\`; create table \`${name}\`.kept (id int)`)),
    makeForeignUser: async (user) =>
      void (await sql(`create user '${user}'@'localhost'; grant select on mysql.* to '${user}'@'localhost'`)),
    reaches: ({ user, password }, database) =>
      works(sql('create table t (id int); drop table t', { user, password: password.reveal(), database })),
  };
}

async function postgresWorld(t: TestContext): Promise<DbWorld> {
  const { sql, options } = await privatePostgres(t);
  return {
    host: await localHost(t),
    open: (host) => open(postgresql, host, options),
    snapshot: async () =>
      JSON.stringify(
        await sql(`select datname, pg_get_userbyid(datdba), datacl, pg_encoding_to_char(encoding) from pg_database order by 1;
        select rolname, rolpassword, rolcanlogin from pg_authid order by 1`),
      ),
    makeForeign: async (name) => void (await sql(`create database "${name}"`)),
    makeForeignUser: async (user) =>
      void (await sql(`create role "${user}" login; create database "of_${user}" owner "${user}"`)),
    reaches: ({ user, password }, database) =>
      works(sql('create table t (id int); drop table t', { user, password: password.reveal(), database })),
  };
}

dbContract('mysql on MariaDB', mariadbWorld);
dbContract('postgresql on PostgreSQL', postgresWorld);

test('mysql: a server that is down, a wrong password, a user without rights are told apart', async (t) => {
  const { sql, options } = await privateMariadb(t);
  const host = await localHost(t);
  await refusesWhenDown(open(mysql, host, { ...options, socket: '/nonexistent/socket' }));
  await refusesWhenDown(open(mysql, host, { ...options, host: '127.0.0.1', port: 1 }));
  const { user, password } = fresh();
  await sql(`create user '${user}'@'localhost' identified by '${password.reveal()}'`);
  t.after(() => sql(`drop user '${user}'@'localhost'`));
  const wrong = open(mysql, host, { ...options, user, password: 'wrong' });
  await assert.rejects(wrong.verify(), { code: 'forbidden', hint: /Correct user and password/ });
  const powerless = open(mysql, host, { ...options, user, password: password.reveal() });
  await assert.rejects(powerless.verify(), { code: 'forbidden', hint: /grant all/ });
});

test('mysql: logs in with a password from a file that only its owner can read', async (t) => {
  const { sql, options } = await privateMariadb(t);
  const host = await localHost(t);
  const { user } = fresh();
  const password = "with spaces, # and \\ and ' in it";
  await sql(`create user '${user}'@'localhost' identified by '${password.replace(/[\\']/g, '\\$&')}';
    grant all on *.* to '${user}'@'localhost' with grant option`);
  t.after(() => sql(`drop user '${user}'@'localhost'`));
  const db = open(mysql, host, { ...options, user, password });
  assert.deepEqual(await db.verify(), [`wrote ${host.paths.config}/mysql.cnf`]);
  assert.equal((await stat(join(host.paths.config, 'mysql.cnf'))).mode & 0o777, 0o600);
  assert.deepEqual(await open(mysql, host, { ...options, user, password }).verify(), []);
  assert.deepEqual(await readdir(host.paths.config), ['mysql.cnf']);
});

test('mysql: a user is made for each host that sites connect from, and all of them go', async (t) => {
  const { sql, options } = await privateMariadb(t);
  const db = open(mysql, await localHost(t), { ...options, grantHosts: ['localhost', '10.0.0.%'] });
  const database = fresh();
  await db.create(database);
  const hosts = await sql(`select host from mysql.user where user = '${database.user}' order by 1`);
  assert.deepEqual(hosts, [['10.0.0.%'], ['localhost']]);
  await open(mysql, await localHost(t), options).destroy(database);
  assert.deepEqual(await sql(`select host from mysql.user where user = '${database.user}'`), []);
});

test('mysql: a user who was given more than the site needs outlives the site', async (t) => {
  const { sql, options } = await privateMariadb(t);
  const db = open(mysql, await localHost(t), options);
  const database = fresh();
  await db.create(database);
  await sql(`grant select on mysql.* to '${database.user}'@'localhost'`);
  await db.destroy(database);
  assert.equal(await db.exists(database), false);
  assert.equal((await sql(`select 1 from mysql.user where user = '${database.user}'`)).length, 1);
  await sql(`drop user '${database.user}'@'localhost'`);
});

test('postgresql: a server that is down, a wrong password, a role without rights are told apart', async (t) => {
  const { sql, options } = await privatePostgres(t);
  const host = await localHost(t);
  await refusesWhenDown(open(postgresql, host, { ...options, socket: '/nonexistent' }));
  await refusesWhenDown(open(postgresql, host, { host: '127.0.0.1', port: 1, user: 'aegir' }));
  const { user, password } = fresh();
  await sql(`create role ${user} login password '${password.reveal()}'`);
  t.after(() => sql(`drop role ${user}`));
  const overTcp = { host: '127.0.0.1', port: options.port, user };
  const wrong = open(postgresql, host, { ...overTcp, password: 'wrong' });
  await assert.rejects(wrong.verify(), { code: 'forbidden', hint: /Correct user and password/ });
  const powerless = open(postgresql, host, { ...overTcp, password: password.reveal() });
  await assert.rejects(powerless.verify(), { code: 'forbidden', hint: /createdb createrole/ });
});

test('postgresql: logs in with a password from a file that only its owner can read', async (t) => {
  const { sql, options } = await privatePostgres(t);
  const host = await localHost(t);
  const { user } = fresh();
  const password = "with : and \\ and ' in it";
  await sql(`create role ${user} login createdb createrole password '${password.replaceAll("'", "''")}'`);
  const db = open(postgresql, host, { host: '127.0.0.1', port: options.port, user, password });
  const path = join(host.paths.config, 'postgresql.pgpass');
  assert.deepEqual(await db.verify(), [`wrote ${path}`]);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(host.paths.config), ['postgresql.pgpass']);
  await sql(`drop role ${user}`);
});

test('postgresql: Drupal finds UTF8 and pg_trgm', async (t) => {
  const { sql, options } = await privatePostgres(t);
  const db = open(postgresql, await localHost(t), options);
  const database = fresh();
  await db.create(database);
  const login = { user: database.user, password: database.password.reveal(), database: database.name };
  assert.deepEqual(
    await sql("show server_encoding; select 'ÄÖ' ilike 'äö'; select similarity('word', 'words') > 0.5", login),
    [['UTF8'], ['t'], ['t']],
  );
  await db.destroy(database);
});

test('postgresql: a database that is in use is dropped all the same', async (t) => {
  const { sql, options } = await privatePostgres(t);
  const db = open(postgresql, await localHost(t), options);
  const database = fresh();
  await db.create(database);
  const login = { user: database.user, password: database.password.reveal(), database: database.name };
  const busy = works(sql('select pg_sleep(50)', login));
  while (Number((await sql(`select count(*) from pg_stat_activity where datname = '${database.name}'`))[0]?.[0]) === 0);
  await db.destroy(database);
  assert.equal(await busy, false);
  assert.equal(await db.exists(database), false);
});

test('addresses say how a site reaches its database', async (t) => {
  const host = await localHost(t);
  const database = { name: 'n', user: 'u', password: new Secret('p') };
  const address = (engine: Engine, options: unknown): unknown => {
    const { password: _, ...rest } = open(engine, host, options).address(database, '/p/sites/example.com');
    return rest;
  };
  const same = { name: 'n', user: 'u' };
  assert.deepEqual(address(mysql, { socket: '/run/s' }), {
    ...{ driver: 'mysql', ...same, host: 'localhost', port: null, socket: '/run/s' },
  });
  assert.deepEqual(address(mysql, { host: '10.0.0.2' }), {
    ...{ driver: 'mysql', ...same, host: '10.0.0.2', port: 3306, socket: null },
  });
  assert.deepEqual(address(postgresql, {}), {
    ...{ driver: 'pgsql', ...same, host: '127.0.0.1', port: 5432, socket: null },
  });
  assert.deepEqual(address(sqlite, {}), {
    ...{ driver: 'sqlite', user: 'u', name: '/p/sites/example.com/private/database.sqlite' },
    ...{ host: '', port: null, socket: null },
  });
  assert.throws(() => address(nullDb, {}), { code: 'invalid', hint: /another server/ });
});

test('sqlite: only a file of the right name in its place is looked for and removed, with what lies beside it', async (t) => {
  const host = await localHost(t);
  const db = open(sqlite, host, {});
  const path = `${host.paths.root}/sites/example.com/private/database.sqlite`;
  const key = { name: path, user: '' };
  assert.equal(await db.exists(key), false);
  await host.machine.makeDirectory(path.slice(0, path.lastIndexOf('/')), { mode: '0755' });
  for (const end of ['', '-wal', '-shm', '-journal', '.kept'])
    await host.machine.write(`${path}${end}`, '', { mode: '0644' });
  assert.equal(await db.exists(key), true);
  await db.destroy(key);
  await db.destroy(key);
  assert.deepEqual(await readdir(path.slice(0, path.lastIndexOf('/'))), ['database.sqlite.kept']);
  for (const name of ['/etc/passwd', '../private/database.sqlite', '/a/../private/database.sqlite', '', 'a/b', 'a\n'])
    await assert.rejects(db.destroy({ name, user: '' }), { code: 'invalid' }, name);
  assert.deepEqual(await db.create({ name: 'example_com_7', user: '', password: new Secret('') }), []);
});

test('null: accepts all and provides nothing', async (t) => {
  const db = open(nullDb, await localHost(t), {});
  assert.deepEqual([await db.verify(), await db.create(fresh()), await db.exists(fresh())], [[], [], false]);
  await db.destroy(fresh());
});

test('detect says which servers are installed', async (t) => {
  const { machine } = await localHost(t);
  assert.match((await mysql.detect?.(machine))?.version ?? '', /^\d+\.\d+/);
  assert.match((await postgresql.detect?.(machine))?.version ?? '', /^\d+\.\d+/);
});
