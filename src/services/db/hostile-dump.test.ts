import assert from 'node:assert/strict';
import { readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { privateMariadb, privatePostgres } from '../../../tests/kit/databases.ts';
import { load, withDatabases } from '../../../tests/kit/db-copy-contract.ts';
import { mariadbCopyWorld, postgresCopyWorld, sqliteCopyWorld } from '../../../tests/kit/db-copy-worlds.ts';
import { temporaryDirectory } from '../../../tests/kit/postgres.ts';
import { query } from '../../machine/command.ts';
import type { SiteDatabase } from './db.ts';

/** What a dump may say that reaches out of its database, by what it would do. Each must end without it having happened. */
const hostileSql = (canary: string, other: string): Readonly<Record<string, string>> => ({
  'a program by \\!': `\\! touch ${canary}\nselect 1;\n`,
  'a program by system': `system touch ${canary}\nselect 1;\n`,
  'a program behind a statement': `select 1; \\! touch ${canary}\n;\n`,
  'a program inside of a comment': `/* x */ \\! touch ${canary}\n`,
  'a program after another delimiter': `delimiter //\nselect 1//\n\\! touch ${canary}\n//\n`,
  'a program as pager': `\\P touch ${canary}\nselect 1;\n`,
  'a program as editor': `\\e\nedit\nselect 1;\n`,
  'a file by tee': `\\T ${canary}\nselect 'written';\n`,
  'a file by tee in words': `tee ${canary}\nselect 'written';\n`,
  'a file of statements': `\\. ${canary}.sql\nsource ${canary}.sql\n`,
  'another server': `\\r mysql 127.0.0.1\nconnect mysql 127.0.0.1\n`,
  'a file of ours': `create table taken (line text); load data local infile '${canary}.secret' into table taken;\n`,
  "a file of the server's": `create table taken (line text); load data infile '${canary}.secret' into table taken;\n`,
  'a file through a function': `create table taken as select load_file('${canary}.secret') as line;\n`,
  'a file that is written': `select 'x' into outfile '${canary}';\n`,
  'another database': `use \`${other}\`; drop table notes;\n`,
  'another database by name': `drop table \`${other}\`.notes;\n`,
  'another database as a whole': `drop database \`${other}\`;\n`,
  'the tables of users': `update mysql.global_priv set priv = '{}';\n`,
  'a user': `create user evil@localhost identified by 'x';\n`,
  'a right': `grant all on *.* to current_user();\n`,
  'the whole server': `set global general_log_file = '${canary}'; set global general_log = 1;\n`,
  'a plug-in': `install soname 'auth_ed25519';\n`,
  "somebody else's rights": `create definer = root@localhost procedure steal() select * from mysql.global_priv; call steal();\n`,
  'a comment that is a statement': `/*!50000 drop database \`${other}\` */;\n/*M! drop database \`${other}\` */;\n`,
  'a name that ends a line': `create table \`x\n\\! touch ${canary}\n\` (id int);\n`,
  'a text that ends a line': `insert into notes values ('\n\\! touch ${canary}\n');\n`,
});

async function mariadbScene(t: TestContext) {
  const { sql } = await privateMariadb(t);
  const world = await mariadbCopyWorld(t);
  const made = withDatabases(world);
  const { from } = await made.pair();
  const directory = await temporaryDirectory(t);
  const canary = join(directory, 'canary');
  await writeFile(`${canary}.secret`, 'a secret of ours\n');
  await writeFile(`${canary}.sql`, `create table sourced (id int);\n\\! touch ${canary}\n`);
  return { sql, world, made, from, directory, canary };
}

test('mysql: whatever a dump says, it reaches nothing but its own database', { timeout: 600_000 }, async (t) => {
  const { sql, world, made, from, directory, canary } = await mariadbScene(t);
  const { machine } = world.host;
  const rights =
    "select * from mysql.global_priv where user not like 'u\\\\_%' order by 1, 2; select @@global.general_log";
  const [server, theirs] = [await sql(rights), await world.describe(from)];
  // What this is about: the client as it is by itself does what a dump says.
  await sql(`\\! touch ${canary}`);
  await rm(canary);
  for (const [what, text] of Object.entries(hostileSql(canary, from.name))) {
    const into = await made.create();
    await writeFile(`${canary}.dump`, text);
    await load(made.db, into, machine, query`cat ${canary}.dump`);
    const files = (await readdir(directory)).toSorted();
    assert.deepEqual(files, ['canary.dump', 'canary.secret', 'canary.sql'], what);
    assert.deepEqual(await sql(rights), server, what);
    assert.equal(await world.describe(from), theirs, what);
    const inside = await sql(
      `select group_concat(table_name) from information_schema.tables where table_schema = '${into.name}'`,
    );
    if (/taken/.test(String(inside)))
      assert.doesNotMatch(JSON.stringify(await sql(`select * from \`${into.name}\`.taken`)), /secret/, what);
    assert.doesNotMatch(String(inside), /sourced/, what);
    await made.db.destroy(into);
  }
  await made.clean();
});

test('mysql: a dump that fails half-way is a problem that says where and what to do', async (t) => {
  const { made, world, canary } = await mariadbScene(t);
  const into = await made.create();
  const told = async (text: string) => {
    await writeFile(`${canary}.dump`, text);
    return load(made.db, into, world.host.machine, query`cat ${canary}.dump`);
  };
  const broken = await told('create table a (id int);\n\ninsert into a values (1), (2;\n');
  assert.equal(broken?.code, 'command-failed');
  assert.match(broken.message, /line 3/);
  assert.ok(broken.hint);
  const greedy = await told('create table b (id int);\ncreate user evil@localhost;\n');
  assert.equal(greedy?.code, 'forbidden');
  assert.match(greedy.message, /line 2/);
  assert.match(greedy.hint ?? '', /this one database/);
  assert.equal(await told('create table c (id int);\n'), null);
  await made.clean();
});

test('mysql: a dump of MySQL 8, of a newer MariaDB and of phpMyAdmin can be loaded', async (t) => {
  const { made, world, canary, sql } = await mariadbScene(t);
  const into = await made.create();
  await writeFile(
    `${canary}.dump`,
    `/*M!999999\\- enable the sandbox mode */ \n-- MySQL dump 10.13  Distrib 8.0.36\n/*!50503 SET NAMES utf8mb4 */;
SET FOREIGN_KEY_CHECKS=0;
CREATE TABLE \`t\` (\n  \`id\` int NOT NULL AUTO_INCREMENT,\n  \`v\` varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci,\n  PRIMARY KEY (\`id\`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
CREATE TABLE \`n\` (\n  \`v\` text COLLATE utf8mb4_uca1400_ai_ci\n) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci;
INSERT INTO \`t\` VALUES (1,'COLLATE utf8mb4_0900_ai_ci DEFINER=\`a\`@\`b\`');
/*!50003 CREATE*/ /*!50017 DEFINER=\`old\`@\`%\`*/ /*!50003 TRIGGER \`tr\` BEFORE INSERT ON \`t\` FOR EACH ROW SET NEW.v = NEW.v */;
/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=\`old\`@\`localhost\` SQL SECURITY DEFINER */\n/*!50001 VIEW \`w\` AS select \`t\`.\`id\` AS \`id\` from \`t\` */;
CREATE ALGORITHM=UNDEFINED DEFINER='root'@'localhost' SQL SECURITY DEFINER VIEW \`w2\` AS select 1;
CREATE DEFINER=\`root\`@\`localhost\` FUNCTION \`f\`() RETURNS int DETERMINISTIC RETURN 1;
/*!50106 CREATE*/ /*!50117 DEFINER=\`root\`@\`localhost\`*/ /*!50106 EVENT \`ev\` ON SCHEDULE EVERY 1 DAY DO SET @x = 1 */;
`,
  );
  assert.equal(await load(made.db, into, world.host.machine, query`cat ${canary}.dump`), null);
  assert.deepEqual(await world.asSite(into, 'select v from t'), [['COLLATE utf8mb4_0900_ai_ci DEFINER=`a`@`b`']]);
  const definers = `select distinct definer from information_schema.triggers where trigger_schema = '${into.name}'
    union select distinct definer from information_schema.views where table_schema = '${into.name}'
    union select distinct definer from information_schema.routines where routine_schema = '${into.name}'
    union select distinct definer from information_schema.events where event_schema = '${into.name}'`;
  assert.deepEqual(await sql(definers), [[`${into.user}@localhost`]]);
  await made.clean();
});

test('postgresql: a dump is loaded as the site, and what is in it reaches nothing else', {
  timeout: 300_000,
}, async (t) => {
  const { sql } = await privatePostgres(t);
  const world = await postgresCopyWorld(t);
  const made = withDatabases(world);
  const canary = join(await temporaryDirectory(t), 'canary');
  // An administrator's database with what only he could make: dumped by him, loaded as a site.
  const hostile: Readonly<Record<string, string>> = {
    'an untrusted language': 'create extension if not exists file_fdw',
    'a program that is called': `create function evil() returns int language sql as $$ copy (select 1) to program 'touch ${canary}'; select 1 $$;
      create view called as select evil(); create materialized view kept as select evil() with no data`,
    'a function in C': "create function c() returns int language c strict as 'pg_trgm', 'set_limit'",
  };
  for (const [what, text] of Object.entries(hostile)) {
    const [source, into] = [await made.create(), await made.create()];
    await sql(`\\connect "${source.name}"\n${text}`).catch(() => undefined);
    await made.db
      .dumping(source, world.host.machine, [], (dump) => load(made.db, into, world.host.machine, dump))
      .catch(() => null);
    await assert.rejects(stat(canary), what);
  }
  const before = await world.snapshot();
  const into = await made.create();
  await writeFile(canary, `\\! touch ${canary}.ran\n\\o ${canary}.ran\ndrop role aegir;\n`);
  const refused = await load(made.db, into, world.host.machine, query`cat ${canary}`);
  assert.equal(refused?.code, 'command-failed');
  await assert.rejects(stat(`${canary}.ran`));
  await made.db.destroy(into);
  assert.equal(await world.snapshot(), before);
  await made.clean();
});

test('postgresql: a dump that fails half-way is a problem that names the statement', async (t) => {
  const world = await postgresCopyWorld(t);
  const made = withDatabases(world);
  const { db, from, to } = await made.pair();
  await world.asSite(to, 'create schema own');
  const end = await db.dumping(from, world.host.machine, [], (dump) => load(db, to, world.host.machine, dump));
  assert.equal(end?.code, 'command-failed');
  assert.match(end.message, /CREATE SCHEMA own.*already exists/);
  assert.ok(end.hint);
  await made.clean();
});

test('sqlite: only a whole database is taken for one, and nothing but its own file is written', async (t) => {
  const world = await sqliteCopyWorld(t);
  const made = withDatabases(world);
  const { machine } = world.host;
  const { db, from, to } = await made.pair();
  const directory = await temporaryDirectory(t);
  const file = join(directory, 'dump');
  const told = (into: typeof to) => load(db, into, machine, query`cat ${file}`);
  for (const text of ['no database', '', `SQLite format 3\0${'x'.repeat(5000)}`]) {
    await writeFile(file, text);
    assert.equal((await told(to))?.code, 'command-failed', text.slice(0, 20));
  }
  const whole = await readFile(await dumped(made, from, file));
  await writeFile(file, whole.subarray(0, whole.length / 2));
  assert.ok(await told(to));
  // A site may have put a link where we write.
  await writeFile(join(directory, 'victim'), 'untouched');
  await symlink(join(directory, 'victim'), `${to.name}.loading`);
  await writeFile(file, whole);
  assert.equal(await told(to), null);
  assert.equal(await readFile(join(directory, 'victim'), 'utf8'), 'untouched');
  assert.equal(await world.describe(to), await world.describe(from));
  await made.clean();
});

async function dumped({ db, world }: ReturnType<typeof withDatabases>, from: SiteDatabase, path: string) {
  const { machine } = world.host;
  await db.dumping(from, machine, [], (dump) => machine.pipe({ commands: [dump], to: { path, mode: '0600' } }));
  return path;
}
