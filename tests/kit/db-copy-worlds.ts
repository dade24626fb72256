import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { Machine } from '../../src/machine/machine.ts';
import type { SiteDatabase } from '../../src/services/db/db.ts';
import { sqlite } from '../../src/services/db/sqlite.ts';
import { privateMariadb, privatePostgres } from './databases.ts';
import { fresh } from './db-contract.ts';
import type { CopyWorld } from './db-copy-contract.ts';
import { localHost, mariadbWorld, openDb, postgresWorld } from './db-worlds.ts';

const run = promisify(execFile);
const big = { maxBuffer: 256 * 1024 * 1024 };

/** The same computer under another name, as a web server is that is not the database server's. */
async function elsewhere(t: TestContext): Promise<Machine> {
  const { machine } = await localHost(t, 'elsewhere');
  return machine;
}

export async function mariadbCopyWorld(t: TestContext): Promise<CopyWorld> {
  const { sql, options } = await privateMariadb(t);
  const { host, open, snapshot } = await mariadbWorld(t);
  const login = ['--no-defaults', `--user=${options.user}`, `--socket=${options.socket}`];
  return {
    ...{ host, open, snapshot, elsewhere: await elsewhere(t), odd: oddOfMariadb },
    fresh: async () => fresh(),
    asSite: ({ name, user, password }, text) => sql(text, { user, password: password.reveal(), database: name }),
    async describe({ name, user }) {
      const words = ['--skip-comments', '--routines', '--events', '--triggers', '--hex-blob'];
      const { stdout } = await run('mariadb-dump', [...login, ...words, name], big);
      const [schema] = await sql(
        `select default_character_set_name, default_collation_name from information_schema.schemata where schema_name = '${name}'`,
      );
      return `${schema}\n${stdout}`.replaceAll(`\`${user}\``, '`site`').replaceAll(`\`${name}\``, '`database`');
    },
  };
}

/** Rows that a careless copy changes, and what is no table. Nothing here needs an administrator. */
const oddOfMariadb = `
  create table parent (id int auto_increment primary key, b blob, t timestamp null, d date, v varchar(20) default 'a',
    g varchar(40) as (concat(v, 'x')) stored, w varchar(40) as (concat(v, 'y')) virtual, hidden int invisible default 7,
    bits bit(9), j json, e enum('a', 'ü'), fulltext key words (v)) auto_increment = 500 comment = 'it''s a "comment"; with all';
  create table child (id int primary key, parent int, constraint fk foreign key (parent) references parent (id) on delete cascade);
  create table checked (n int, check (n > 0)) engine = MyISAM;
  create table parted (n int primary key) partition by range (n) (partition p0 values less than (10), partition p1 values less than maxvalue);
  create table \`odd name; --x\` (\`select\` int, \`a\`\`b\` text) engine = Aria;
  create table gone (id int auto_increment primary key); insert into gone values (), (), (); delete from gone;
  set session sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
  insert into parent (id, b, d, v, hidden, bits, j, e) values (0, x'00ff0a0d275c2200', '0000-00-00', 'back\\\\slash\\n''', 9, b'101010101', '{"ü": "😀"}', 'ü');
  insert into child values (1, 0); insert into parted values (1), (100); insert into \`odd name; --x\` values (1, 'x;\\n-- y');
  create table big (id int auto_increment primary key, v varchar(200), w int default 3, n int, key (v), constraint fk2 foreign key (n) references parent (id));
  insert into big (v) select repeat(md5(seq), 4) from seq_1_to_9000; alter table big add column later varchar(9) default 'x' first, algorithm = instant;
  insert into big (v) values ('new'); alter table big drop column w, algorithm = instant; delete from big where id > 8990; analyze table big;
  create view outer_view as select * from notes; create view inner_view as select id, v from parent;
  create or replace view outer_view as select v from inner_view;
  create procedure proc() select 1; create function fun(a int) returns int deterministic return a + 1;
  create trigger counts before insert on notes for each row set new.v = concat(new.v, '');
  create event tick on schedule every 1 day starts '2030-01-01 00:00:00' do delete from cache_notes;`;

export async function postgresCopyWorld(t: TestContext): Promise<CopyWorld> {
  const { sql, socket, port } = await privatePostgres(t);
  const { host, open, snapshot } = await postgresWorld(t);
  const program = await newestOf('pg_dump');
  return {
    ...{ host, open, snapshot, elsewhere: await elsewhere(t), odd: oddOfPostgres },
    fresh: async () => fresh(),
    asSite: ({ name, user, password }, text) => sql(text, { user, password: password.reveal(), database: name }),
    async describe({ name, user }) {
      const { stdout } = await run(program, [`--dbname=host=${socket} port=${port} user=super dbname=${name}`], big);
      return stdout.replaceAll(user, 'site').replaceAll(/^\\(un)?restrict .*$/gm, '');
    },
  };
}

async function newestOf(program: string): Promise<string> {
  const { stdout } = await run('sh', ['-c', `ls -v /usr/lib/postgresql/*/bin/${program} | tail -1`]);
  return stdout.trim();
}

const oddOfPostgres = `
  create schema own; create type own.mood as enum ('sad', 'happy'); create domain own.positive as int check (value > 0);
  create table parent (id serial primary key, b bytea, v text collate "C" default 'a', m own.mood, g text generated always as (v || 'x') stored);
  create table own.child (id int generated always as identity primary key, parent int references parent, n own.positive);
  create table "Odd name; -- " ("select" int, "a""b" text);
  comment on table parent is 'it''s a comment'; create index on parent using gin (v gin_trgm_ops);
  insert into parent (id, b, v, m) values (0, '\\x00ff0a0d27', E'tab\\there', 'happy'); select setval('parent_id_seq', 500);
  insert into own.child (parent, n) values (0, 1); insert into "Odd name; -- " values (1, E'x;\\n-- y');
  create view seen as select v from parent; create materialized view kept as select v from parent;
  create function fun() returns trigger language plpgsql as 'begin return new; end';
  create trigger counts before insert on notes for each row execute function fun();
  select lo_from_bytea(4711, '\\xdeadbeef');`;

export async function sqliteCopyWorld(t: TestContext): Promise<CopyWorld> {
  const host = await localHost(t);
  const open = (database: SiteDatabase): DatabaseSync => {
    const file = new DatabaseSync(database.name);
    file.exec('pragma busy_timeout = 10000');
    return file;
  };
  let count = 0;
  return {
    ...{ host, open: (at) => openDb(sqlite, at, {}), elsewhere: null, odd: oddOfSqlite },
    async fresh() {
      const name = `${host.paths.root}/sites/${++count}.example.com/private/database.sqlite`;
      await mkdir(dirname(name), { recursive: true });
      return { ...fresh(), name };
    },
    async asSite(database, text) {
      const file = open(database);
      try {
        if (!text.startsWith('select')) return file.exec(text) ?? [];
        return file
          .prepare(text)
          .all()
          .map((row) => Object.values(row).map(String));
      } finally {
        file.close();
      }
    },
    async describe(database) {
      const file = open(database);
      const schema = file.prepare('select type, name, sql from sqlite_master order by type, name').all();
      const tables = schema.filter(({ type, sql }) => type === 'table' && sql !== null);
      const all = tables.map(({ name }) => [name, file.prepare(`select * from "${String(name)}"`).all()]);
      file.close();
      return JSON.stringify([schema, all], null, 1);
    },
    snapshot: async () =>
      JSON.stringify(
        (await host.machine.find(`${host.paths.root}/sites`, { names: ['*.sqlite*'] })).map(({ path }) => path),
      ),
  };
}

const oddOfSqlite = `
  pragma journal_mode = wal;
  create table parent (id integer primary key autoincrement, b blob, v text default 'a'); create index by_v on parent (v);
  create table "Odd name; -- " ("select" int, "a""b" text primary key) without rowid;
  insert into parent (b) values (x'00ff0a0d27'); insert into "Odd name; -- " values (1, 'x');
  create view seen as select v from parent; create trigger counts after insert on notes begin delete from cache_notes where v = 'cold'; end;`;
