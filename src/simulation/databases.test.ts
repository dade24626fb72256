import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DbWorld, dbContract, fresh, refusesWhenDown } from '../../tests/kit/db-contract.ts';
import { type CopyWorld, dbCopyContract, pipeDump } from '../../tests/kit/db-copy-contract.ts';
import { type Command, command, query } from '../machine/command.ts';
import { DryMachine } from '../machine/dry.ts';
import { MemoryMachine } from '../machine/memory.ts';
import type { Log } from '../model/event.ts';
import { serverPaths } from '../model/server.ts';
import type { Db, SiteDatabase } from '../services/db/db.ts';
import { mysql } from '../services/db/mysql.ts';
import { postgresql as postgresqlEngine } from '../services/db/postgresql.ts';
import { sqlite } from '../services/db/sqlite.ts';
import type { Engine, EngineHost } from '../services/engine.ts';
import { mariadb, mariadbIsDown } from './mariadb.ts';
import { php } from './php.ts';
import { postgresql, postgresqlIsDown } from './postgresql.ts';
import { simulatedWorld } from './world.ts';

function memory() {
  const world = simulatedWorld([mariadb, postgresql]);
  world.directory('/var/aegir/config/server_s');
  const hands = { name: 's', log: { append: async () => undefined }, claim: new AbortController().signal };
  const machine = new MemoryMachine(hands, world);
  return { world, machine, host: { machine, paths: serverPaths('/var/aegir', 's') } };
}
// Engines of type db open a Db; the list of engines does not say so.
const open = (engine: Engine, host: EngineHost): Db => engine.open(host, {}) as Db;

async function mariadbWorld(): Promise<DbWorld> {
  const { world, machine, host } = memory();
  const sql = (stdin: string) => machine.run({ ...query`mariadb --user=root`, stdin });
  return {
    host,
    open: (at) => open(mysql, at),
    snapshot: async () => world.snapshot(),
    makeForeign: async (name) =>
      void (await sql(`create database \`${name}\` character set utf8mb4 collate utf8mb4_general_ci`)),
    makeForeignUser: async (user) =>
      void (await sql(
        `create user '${user}'@'localhost' identified by '';\ngrant all privileges on \`mysql\`.* to '${user}'@'localhost'`,
      )),
    async reaches({ user, password }, database) {
      const file = '/tmp/login.cnf';
      await machine.write(file, `[client]\npassword="${password.reveal()}"\n`, { mode: '0600' });
      const command = query`mariadb --defaults-file=${file} --user=${user} --database=${database}`;
      const { exitCode } = await machine.run({ ...command, stdin: 'select 1', allow: [0, 1] });
      await machine.remove(file);
      return exitCode === 0;
    },
  };
}

async function postgresqlWorld(): Promise<DbWorld> {
  const { world, machine, host } = memory();
  const sql = (stdin: string) => machine.run({ ...query`psql ${"dbname='postgres' user='aegir'"}`, stdin });
  const verifier = 'SCRAM-SHA-256$4096:AAAA$x:y';
  return {
    host,
    open: (at) => open(postgresqlEngine, at),
    snapshot: async () => world.snapshot(),
    makeForeign: async (name) =>
      void (await sql(`create database "${name}" owner "somebody" template template0 encoding 'UTF8'`)),
    makeForeignUser: async (user) =>
      void (await sql(
        `create role "${user}" login password '${verifier}';\ncreate database "of_${user}" owner "${user}" template template0 encoding 'UTF8'`,
      )),
    async reaches({ user, password }, database) {
      const connection = `dbname='${database}' user='${user}' password='${password.reveal()}'`;
      const { exitCode } = await machine.run({ ...query`psql ${connection}`, stdin: 'select 1', allow: [0, 2] });
      return exitCode === 0;
    },
  };
}

dbContract('mysql in memory', mariadbWorld);
dbContract('postgresql in memory', postgresqlWorld);

/** With sites that speak the little SQL of a simulated server. */
function copyWorld(engine: Engine): () => Promise<CopyWorld> {
  return async () => {
    const { world, machine, host } = memory();
    const file = '/tmp/login.cnf';
    const programs = {
      mysql: ({ name, user }: SiteDatabase) =>
        command`mariadb --defaults-file=${file} --user=${user} --database=${name}`,
      postgresql: ({ name, user, password }: SiteDatabase) =>
        command`psql ${`dbname='${name}' user='${user}' password='${password.reveal()}'`}`,
    };
    const ask = async (database: SiteDatabase, sql: string, opens: (database: SiteDatabase) => Command) => {
      await machine.write(file, `[client]\npassword="${database.password.reveal()}"\n`, { mode: '0600' });
      const stdin = `${sql.replaceAll('; ', ';\n')};\n`;
      const { stdout, exitCode } = await machine.run({ ...opens(database), stdin, allow: [0, 1, 2, 3] });
      await machine.remove(file);
      assert.equal(exitCode, 0);
      return stdout.split('\n').flatMap((line) => (line === '' ? [] : [[line]]));
    };
    const asSite: CopyWorld['asSite'] = (database, sql) =>
      ask(database, sql, engine.name === 'mysql' ? programs.mysql : programs.postgresql);
    return {
      ...{ host, asSite, fresh: async () => fresh(), open: (at) => open(engine, at), odd: '' },
      snapshot: async () => world.snapshot(),
      describe: async (database) =>
        JSON.stringify([
          await asSite(database, 'select v from notes'),
          await asSite(database, 'select v from cache_notes'),
        ]),
      elsewhere: new MemoryMachine(
        { name: 'web', log: { append: async () => undefined }, claim: new AbortController().signal },
        world,
      ),
    };
  };
}

for (const engine of [mysql, postgresqlEngine]) dbCopyContract(`${engine.name} in memory`, copyWorld(engine));

for (const engine of [mysql, postgresqlEngine])
  test(`${engine.name} in memory: a disk that is full ends a copy and a load as what it is`, async () => {
    const made = await copyWorld(engine)();
    const db = made.open(made.host);
    const [from, to] = [db.address(fresh(), '/'), db.address(fresh(), '/')];
    for (const one of [from, to]) await db.create(one);
    await made.asSite(from, "create table notes (v varchar(100)); insert into notes values ('one')");
    const { world } = made.host.machine as MemoryMachine;
    world.diskIsFull = true;
    await assert.rejects(pipeDump(db, from, to, made.host.machine), { code: 'disk-full' });
    await db.close(from, 0);
    await assert.rejects(db.copy(from, to, []), { code: 'disk-full' });
    world.diskIsFull = false;
    await db.copy(from, to, []);
    assert.deepEqual(await made.asSite(to, 'select v from notes'), [['one']]);
  });

for (const [engine, downFile] of [
  [mysql, mariadbIsDown],
  [postgresqlEngine, postgresqlIsDown],
] as const) {
  test(`${engine.name} in memory: a server that is down is a problem with a hint, and is back later`, async () => {
    const { world, host } = memory();
    world.put(downFile, '');
    await refusesWhenDown(open(engine, host));
    world.remove(downFile);
    assert.deepEqual(await open(engine, host).verify(), []);
  });

  test(`${engine.name} in memory: a full disk is said to be one, and what was begun can be destroyed`, async () => {
    const { world, host } = memory();
    const before = world.snapshot();
    const database = fresh();
    world.diskIsFull = true;
    await assert.rejects(open(engine, host).create(database), { code: 'disk-full' });
    world.diskIsFull = false;
    await open(engine, host).destroy(database);
    assert.equal(world.snapshot(), before);
  });
}

for (const engine of [mysql, postgresqlEngine])
  test(`${engine.name} in memory: a dry run says what it would do, and does nothing`, async () => {
    const { world, host } = memory();
    const notes: string[] = [];
    const log: Log = {
      async append(event) {
        if (event.type === 'changed') notes.push(event.what);
      },
    };
    const dry = open(engine, { ...host, machine: new DryMachine(host.machine, log) });
    const before = world.snapshot();
    const database = fresh();
    assert.deepEqual(await dry.verify(), []);
    assert.notDeepEqual(await dry.create(database), []);
    assert.ok(notes.length > 0);
    assert.equal(world.snapshot(), before);
    await open(engine, host).create(database);
    const made = world.snapshot();
    assert.deepEqual(await dry.create(database), []);
    await dry.destroy(database);
    assert.equal(world.snapshot(), made);
  });

test('sqlite in memory: a file is copied, dumped and loaded, and is closed and open again as it was', async () => {
  const { world, machine, host } = memory();
  php(world);
  const db = open(sqlite, host);
  const paths = ['one', 'other', 'third'].map((site) => `/srv/${site}/private/database.sqlite`);
  const [from, to, third] = paths.map((name) => db.address({ ...fresh(), name }, '/srv'));
  assert.ok(from && to && third);
  for (const path of paths) world.directory(path.slice(0, path.lastIndexOf('/')), { group: 'www-data', mode: '02770' });
  world.put(from.name, 'rows', { owner: 'www-data', group: 'www-data', mode: '0660' });
  const before = world.snapshot();
  await db.close(from, 0);
  assert.notEqual(world.snapshot(), before);
  await db.copy(from, to, ['cache_*']);
  await pipeDump(db, from, third, machine);
  await db.reopen(from);
  for (const { name } of [from, to, third]) assert.equal(world.text(name), 'rows');
  for (const { name, user } of [to, third]) await db.destroy({ name, user });
  assert.equal(world.snapshot(), before);
});
