import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { LocalMachine } from '../../src/machine/local.ts';
import { serverPaths } from '../../src/model/server.ts';
import type { Db } from '../../src/services/db/db.ts';
import { mysql } from '../../src/services/db/mysql.ts';
import { postgresql } from '../../src/services/db/postgresql.ts';
import type { Engine, EngineHost } from '../../src/services/engine.ts';
import { privateMariadb, privatePostgres } from './databases.ts';
import { type DbWorld, fresh } from './db-contract.ts';
import { temporaryDirectory } from './postgres.ts';

export async function localHost(t: TestContext, name = 'here'): Promise<EngineHost> {
  const root = await temporaryDirectory(t);
  const machine = new LocalMachine({
    name,
    log: { append: async () => undefined },
    claim: new AbortController().signal,
  });
  return { machine, paths: serverPaths(root, name) };
}

// Engines of type db open a Db; the list of engines does not say so.
export const openDb = (engine: Engine, host: EngineHost, options: unknown): Db => engine.open(host, options) as Db;

export const works = (attempt: Promise<unknown>): Promise<boolean> =>
  attempt.then(
    () => true,
    () => false,
  );

export async function mariadbWorld(t: TestContext): Promise<DbWorld> {
  const { sql, options } = await privateMariadb(t);
  return {
    host: await localHost(t),
    open: (host) => openDb(mysql, host, options),
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

export async function postgresWorld(t: TestContext): Promise<DbWorld> {
  const { sql, options } = await privatePostgres(t);
  return {
    host: await localHost(t),
    open: (host) => openDb(postgresql, host, options),
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

/** Where a server may have been cut off between two statements, and what must be gone afterwards. */
export async function finishesOrRemoves({ open, host, snapshot, reaches }: DbWorld, begun: BegunWork): Promise<void> {
  const [db, before] = [open(host), await snapshot()];
  const stages = begun(fresh()).length;
  for (let stage = 1; stage <= stages; stage += 1)
    for (const end of ['create', 'destroy'] as const) {
      const database = fresh();
      for (const step of begun(database).slice(0, stage)) await step();
      if (end === 'create') {
        await db.create(database);
        assert.equal(await reaches(database, database.name), true);
        assert.deepEqual(await db.create(database), []);
      }
      await db.destroy(database);
      assert.equal(await snapshot(), before, `stage ${stage}, ${end}`);
    }
}
type BegunWork = (database: ReturnType<typeof fresh>) => readonly (() => Promise<unknown>)[];

export async function sideBySide({ open, host, snapshot }: DbWorld): Promise<void> {
  const before = await snapshot();
  const all = Array.from({ length: 6 }, () => fresh());
  await Promise.all(all.map((database) => open(host).create(database)));
  await Promise.all(all.map((database) => open(host).destroy(database)));
  assert.equal(await snapshot(), before);
}
