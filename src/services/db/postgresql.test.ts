import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { privatePostgres } from '../../../tests/kit/databases.ts';
import { dbContract, fresh, refusesWhenDown } from '../../../tests/kit/db-contract.ts';
import {
  finishesOrRemoves,
  localHost,
  openDb,
  postgresWorld,
  sideBySide,
  works,
} from '../../../tests/kit/db-worlds.ts';
import { postgresql } from './postgresql.ts';

dbContract('postgresql on PostgreSQL', postgresWorld);

test('postgresql: a server that is down, a wrong password, a role without rights are told apart', async (t) => {
  const { sql, options } = await privatePostgres(t);
  const host = await localHost(t);
  await refusesWhenDown(openDb(postgresql, host, { ...options, socket: '/nonexistent' }));
  await refusesWhenDown(openDb(postgresql, host, { host: '127.0.0.1', port: 1, user: 'aegir' }));
  const { user, password } = fresh();
  await sql(`create role ${user} login password '${password.reveal()}'`);
  t.after(() => sql(`drop role ${user}`));
  const overTcp = { host: '127.0.0.1', port: options.port, user };
  const wrong = openDb(postgresql, host, { ...overTcp, password: 'wrong' });
  await assert.rejects(wrong.verify(), { code: 'forbidden', hint: /Correct user and password/ });
  const powerless = openDb(postgresql, host, { ...overTcp, password: password.reveal() });
  await assert.rejects(powerless.verify(), { code: 'forbidden', hint: /createdb createrole/ });
});

test('postgresql: logs in with a password from a file that only its owner can read', async (t) => {
  const { sql, options } = await privatePostgres(t);
  const host = await localHost(t);
  const { user } = fresh();
  const password = "with : and \\ and ' in it";
  await sql(`create role ${user} login createdb createrole password '${password.replaceAll("'", "''")}'`);
  const db = openDb(postgresql, host, { host: '127.0.0.1', port: options.port, user, password });
  const path = join(host.paths.config, 'postgresql.pgpass');
  assert.deepEqual(await db.verify(), [`wrote ${path}`]);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(host.paths.config), ['postgresql.pgpass']);
  await sql(`drop role ${user}`);
});

test('postgresql: a server that lets no site in with a password does not pass verify', async (t) => {
  const { options } = await privatePostgres(t);
  const db = openDb(postgresql, await localHost(t), { ...options, siteHost: '127.0.0.2' });
  await assert.rejects(db.verify(), { code: 'server-unreachable' });
});

test('postgresql: a role that something else depends on is named, and stays', async (t) => {
  const { sql, options } = await privatePostgres(t);
  const db = openDb(postgresql, await localHost(t), options);
  const database = fresh();
  await db.create(database);
  await sql(`create table kept_${database.user} (id int); alter table kept_${database.user} owner to ${database.user}`);
  await assert.rejects(db.destroy(database), { code: 'in-use', hint: /reassign owned/ });
  await sql(`drop table kept_${database.user}`);
  await db.destroy(database);
});

test('postgresql: Drupal finds UTF8 and pg_trgm', async (t) => {
  const { sql, options } = await privatePostgres(t);
  const db = openDb(postgresql, await localHost(t), options);
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
  const db = openDb(postgresql, await localHost(t), options);
  const database = fresh();
  await db.create(database);
  const login = { user: database.user, password: database.password.reveal(), database: database.name };
  const busy = works(sql('select pg_sleep(50)', login));
  while (Number((await sql(`select count(*) from pg_stat_activity where datname = '${database.name}'`))[0]?.[0]) === 0);
  await db.destroy(database);
  assert.equal(await busy, false);
  assert.equal(await db.exists(database), false);
});

test('postgresql: what was cut off between two statements is finished by create and removed by destroy', async (t) => {
  const { sql } = await privatePostgres(t);
  await finishesOrRemoves(await postgresWorld(t), ({ name, user, password }) => [
    () => sql(`create role "${user}" login password '${password.reveal()}'`),
    () => sql(`grant "${user}" to aegir`),
    () => sql(`create database "${name}" owner "${user}" template template0`),
    () => sql(`revoke connect, temporary on database "${name}" from public`),
  ]);
});

test('postgresql: sites are made and removed side by side', { timeout: 20 * 60_000 }, async (t) => {
  await sideBySide(await postgresWorld(t));
});

test('postgresql: a role that has another database is not locked out', async (t) => {
  const { sql, options } = await privatePostgres(t);
  const db = openDb(postgresql, await localHost(t), options);
  const database = fresh();
  await db.create(database);
  await sql(`create database "other_${database.user}" owner "${database.user}"`);
  await assert.rejects(db.close(database, 0), { code: 'conflict', hint: /of its own/ });
  assert.deepEqual(await sql(`select rolcanlogin from pg_roles where rolname = '${database.user}'`), [['t']]);
  await sql(`drop database "other_${database.user}"`);
  await db.destroy(database);
});

test('postgresql: a copy takes over the settings of its database, and gives its template nothing away', async (t) => {
  const { sql, options } = await privatePostgres(t);
  const db = openDb(postgresql, await localHost(t), options);
  const [from, to] = [fresh(), fresh()];
  for (const database of [from, to]) await db.create(database);
  const login = { user: from.user, password: from.password.reveal(), database: from.name };
  await sql(`alter database "${from.name}" set bytea_output = 'escape'; create table t (v int)`, login);
  for (const closed of [false, true]) {
    if (closed) await db.close(from, 0);
    await db.copy(from, to, []);
    assert.deepEqual(
      await sql(
        `select setconfig from pg_db_role_setting s, pg_database d where d.oid = setdatabase and datname = '${to.name}'`,
      ),
      [['{bytea_output=escape}']],
    );
    assert.deepEqual(
      await sql(
        `select pg_get_userbyid(datdba), has_database_privilege('public', oid, 'connect') from pg_database where datname in ('${from.name}', '${to.name}') order by datname = '${to.name}'`,
      ),
      [
        [from.user, 'f'],
        [to.user, 'f'],
      ],
    );
  }
  // Nothing in the copy holds the role of the site that it was made of.
  await db.destroy(from);
  assert.deepEqual(await sql(`select 1 from pg_roles where rolname = '${from.user}'`), []);
  await db.destroy(to);
});

test('postgresql: a database whose role has rights besides is no template, and is copied all the same', async (t) => {
  const { sql, options } = await privatePostgres(t);
  const db = openDb(postgresql, await localHost(t), options);
  const [from, to] = [fresh(), fresh()];
  for (const database of [from, to]) await db.create(database);
  await sql(`\\connect "${from.name}"
    create table theirs (v int); grant select on theirs to "${from.user}"; insert into theirs values (1)`);
  await db.close(from, 0);
  const { way } = await db.copy(from, to, []);
  assert.match(way, /rights besides/);
  const login = { user: to.user, password: to.password.reveal(), database: to.name };
  assert.deepEqual(await sql('select v from theirs', login), [['1']]);
  await db.destroy(from);
  await db.destroy(to);
});
