import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { privateMariadb } from '../../../tests/kit/databases.ts';
import { dbContract, fresh, refusesWhenDown } from '../../../tests/kit/db-contract.ts';
import { finishesOrRemoves, localHost, mariadbWorld, openDb, sideBySide } from '../../../tests/kit/db-worlds.ts';
import { until } from '../../../tests/kit/machines.ts';
import { Problem } from '../../model/problem.ts';
import { Secret } from '../../model/secret.ts';
import { mysql } from './mysql.ts';
import { MysqlClient } from './mysql-client.ts';

dbContract('mysql on MariaDB', mariadbWorld);

test('mysql: a server that is down, a wrong password, a user without rights are told apart', async (t) => {
  const { sql, options } = await privateMariadb(t);
  const host = await localHost(t);
  await refusesWhenDown(openDb(mysql, host, { ...options, socket: '/nonexistent/socket' }));
  await refusesWhenDown(openDb(mysql, host, { ...options, host: '127.0.0.1', port: 1 }));
  const { user, password } = fresh();
  await sql(`create user '${user}'@'localhost' identified by '${password.reveal()}'`);
  t.after(() => sql(`drop user '${user}'@'localhost'`));
  const wrong = openDb(mysql, host, { ...options, user, password: 'wrong' });
  await assert.rejects(wrong.verify(), { code: 'forbidden', hint: /Correct user and password/ });
  const powerless = openDb(mysql, host, { ...options, user, password: password.reveal() });
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
  const db = openDb(mysql, host, { ...options, user, password });
  assert.deepEqual(await db.verify(), [`wrote ${host.paths.config}/mysql.cnf`]);
  assert.equal((await stat(join(host.paths.config, 'mysql.cnf'))).mode & 0o777, 0o600);
  assert.deepEqual(await openDb(mysql, host, { ...options, user, password }).verify(), []);
  assert.deepEqual(await readdir(host.paths.config), ['mysql.cnf']);
});

test('mysql: a user is made for each host that sites connect from, and all of them go', async (t) => {
  const { sql, options } = await privateMariadb(t);
  const db = openDb(mysql, await localHost(t), { ...options, grantHosts: ['localhost', '10.0.0.%'] });
  const database = fresh();
  await db.create(database);
  const hosts = await sql(`select host from mysql.user where user = '${database.user}' order by 1`);
  assert.deepEqual(hosts, [['10.0.0.%'], ['localhost']]);
  await openDb(mysql, await localHost(t), options).destroy(database);
  assert.deepEqual(await sql(`select host from mysql.user where user = '${database.user}'`), []);
});

test('mysql: a user who was given more than the site needs outlives the site', async (t) => {
  const { sql, options } = await privateMariadb(t);
  const db = openDb(mysql, await localHost(t), options);
  const database = fresh();
  await db.create(database);
  await sql(`grant select on mysql.* to '${database.user}'@'localhost'`);
  await db.destroy(database);
  assert.equal(await db.exists(database), false);
  assert.equal((await sql(`select 1 from mysql.user where user = '${database.user}'`)).length, 1);
  await sql(`drop user '${database.user}'@'localhost'`);
});

test('mysql: a statement that waits for a lock is over before its client is given up, and is not done later', async (t) => {
  const { sql, options } = await privateMariadb(t);
  const db = openDb(mysql, await localHost(t), options);
  const database = fresh();
  // As a backup does.
  const backup = sql('flush tables with read lock; do sleep(10000)').catch(() => undefined);
  const holder = async () =>
    (await sql(`select id from information_schema.processlist where info = 'do sleep(10000)'`))[0]?.[0];
  await until(async () => (await holder()) !== undefined);
  await assert.rejects(db.create(database), { code: 'timeout', hint: /show full processlist/ });
  await sql(`kill ${await holder()}`);
  await backup;
  assert.deepEqual(await sql(`select user from mysql.user where user = '${database.user}'`), []);
  assert.equal(await db.exists(database), false);
});

test('mysql: a grant to a user who is gone makes none', async (t) => {
  const { sql, options } = await privateMariadb(t);
  const { machine, paths } = await localHost(t);
  const login = { ...options, host: 'localhost', port: 3306, password: null };
  const client = new MysqlClient(machine, login, `${paths.config}/none.cnf`);
  const { user } = fresh();
  await assert.rejects(client.run([`grant select on none.* to '${user}'@'localhost'`], 'changes'), Problem);
  assert.deepEqual(await sql(`select user from mysql.user where user = '${user}'`), []);
});

test('mysql: passwords that are stored in a way we cannot compare are tried', async (t) => {
  const { sql, options } = await privateMariadb(t);
  const db = openDb(mysql, await localHost(t), options);
  const database = fresh();
  await sql("install soname 'auth_ed25519'");
  t.after(() => sql("uninstall soname 'auth_ed25519'"));
  await db.create(database);
  const at = `'${database.user}'@'localhost'`;
  await sql(`alter user ${at} identified via ed25519 using password('${database.password.reveal()}')`);
  assert.deepEqual(await db.create(database), []);
  const changed = { ...database, password: new Secret('another') };
  assert.deepEqual(await db.create(changed), [`set the password of the database user ${database.user}@localhost`]);
  assert.deepEqual(await db.create(changed), []);
  await db.destroy(database);
});

test('mysql: the password that was being tried when a worker died goes with the next look, or with the site', async (t) => {
  const { sql, options } = await privateMariadb(t);
  const host = await localHost(t);
  const db = openDb(mysql, host, options);
  const database = fresh();
  await sql("install soname 'auth_ed25519'");
  t.after(() => sql("uninstall soname 'auth_ed25519'"));
  await db.create(database);
  await sql(
    `alter user '${database.user}'@'localhost' identified via ed25519 using password('${database.password.reveal()}')`,
  );
  const dies = new Proxy(host.machine, {
    get(machine, key) {
      const own: unknown = Reflect.get(machine, key, machine);
      if (key === 'remove') return () => Promise.reject(new Error('power cut'));
      return typeof own === 'function' ? own.bind(machine) : own;
    },
  });
  const left = async (): Promise<readonly string[]> =>
    (await readdir(join(host.paths.root, 'config'))).filter((name) => name.startsWith('mysql-login-'));
  for (const next of ['create', 'destroy'] as const) {
    await assert.rejects(openDb(mysql, { ...host, machine: dies }, options).create(database), /power cut/);
    assert.equal((await left()).length, 1);
    await db[next](database);
    assert.deepEqual(await left(), []);
  }
});

test('mysql: what was cut off between two statements is finished by create and removed by destroy', async (t) => {
  const { sql } = await privateMariadb(t);
  await finishesOrRemoves(await mariadbWorld(t), ({ name, user, password }) => [
    () => sql(`create user '${user}'@'localhost' identified by '${password.reveal()}'`),
    () => sql(`grant all privileges on \`${name.replaceAll('_', '\\_')}\`.* to '${user}'@'localhost'`),
    () => sql(`create database \`${name}\``),
  ]);
});

test('mysql: sites are made and removed side by side', { timeout: 20 * 60_000 }, async (t) => {
  await sideBySide(await mariadbWorld(t));
});

test('mysql: a user with rights on something else is not locked out', async (t) => {
  const { sql, options } = await privateMariadb(t);
  const db = openDb(mysql, await localHost(t), options);
  const database = fresh();
  await db.create(database);
  await sql(`grant select on mysql.* to '${database.user}'@'localhost'`);
  const before = await sql(`show create user '${database.user}'@'localhost'`);
  await assert.rejects(db.close(database, 0), { code: 'conflict', hint: /of its own/ });
  assert.deepEqual(await sql(`show create user '${database.user}'@'localhost'`), before);
  await sql(`revoke select on mysql.* from '${database.user}'@'localhost'`);
  await db.destroy(database);
});
