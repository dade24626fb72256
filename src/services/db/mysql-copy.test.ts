import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { privateMariadb } from '../../../tests/kit/databases.ts';
import { withDatabases } from '../../../tests/kit/db-copy-contract.ts';
import { mariadbCopyWorld } from '../../../tests/kit/db-copy-worlds.ts';
import { withRun } from '../../../tests/kit/faulty-machines.ts';
import type { Command } from '../../machine/command.ts';
import { reveal } from '../../machine/scrub.ts';
import { Secret } from '../../model/secret.ts';

/** About 3 MB, so that its file is worth to be copied. */
const big = `create table big (id int auto_increment primary key, v varchar(200), key (v));
  insert into big (v) select repeat(md5(seq), 4) from seq_1_to_9000; analyze table big;`;

async function scene(t: TestContext, sql = big) {
  const world = { ...(await mariadbCopyWorld(t)), odd: '' };
  const made = withDatabases(world);
  const { db, from, to } = await made.pair();
  await world.asSite(from, sql);
  await db.close(from, 0);
  /** Copies over a machine that is not quite as it should be. */
  const copy = async (change: (command: Command) => Command = (command) => command): Promise<string> => {
    const machine = withRun(world.host.machine, (command) => world.host.machine.run(change(command)));
    const { way } = await world.open({ ...world.host, machine }).copy(from, to, []);
    await db.reopen(from);
    assert.equal(await world.describe(to), await world.describe(from));
    await db.close(from, 0);
    return way;
  };
  return { world, made, db, from, to, copy };
}

test('mysql: a big table of a closed database is copied as a file', async (t) => {
  const { copy, made } = await scene(t);
  assert.match(await copy(), /1 tables as files/);
  assert.match(await copy(), /1 tables as files/);
  await made.clean();
});

test('mysql: a table whose columns came and went in an instant is copied as it is', async (t) => {
  const { copy, made } = await scene(
    t,
    `${big} alter table big add column later varchar(9) default 'x' first, algorithm = instant;
    insert into big (v) values ('new'); alter table big drop column v, drop key v, algorithm = inplace;
    alter table big add column w int, algorithm = instant; insert into big (w) values (1); analyze table big`,
  );
  t.diagnostic(await copy());
  await made.clean();
});

test('mysql: where we may not copy files, or cannot, rows are copied; the log says why', async (t) => {
  const { copy, made } = await scene(t);
  const refused = (command: Command): Command =>
    command.argv.includes('-l') ? { ...command, argv: ['false'] } : command;
  assert.match(await copy(refused), /^within the server, row by row$/);
  const cannot = (command: Command): Command => {
    const text = reveal(command.stdin ?? '');
    return /^system sudo/m.test(text)
      ? { ...command, stdin: new Secret(text.replace('/usr/bin/cp -t', '/usr/bin/cp -t /nonexistent')) }
      : command;
  };
  assert.match(await copy(cannot), /row by row, as files could not be copied \(.*(nonexistent|target)/);
  await made.clean();
});

test('mysql: a full disk ends a copy of files as what it is', async (t) => {
  const { copy, made } = await scene(t);
  const full = (command: Command): Command => {
    const text = reveal(command.stdin ?? '');
    const line = "system echo 'No space left on device'";
    return /^system sudo/m.test(text)
      ? { ...command, stdin: new Secret(text.replace(/^system sudo.*$/m, line)) }
      : command;
  };
  await assert.rejects(copy(full), { code: 'disk-full' });
  assert.match(await copy(), /as files/);
  await made.clean();
});

test('mysql: who kills a copy while the source is locked leaves nothing locked', async (t) => {
  const { sql } = await privateMariadb(t);
  const { world, db, from, to, copy, made } = await scene(t);
  const killed = (command: Command): Command => {
    const text = reveal(command.stdin ?? '');
    return /^system sudo/m.test(text)
      ? { ...command, stdin: new Secret(text.replace(/^system sudo.*$/m, 'system kill -KILL $PPID')) }
      : command;
  };
  await assert.rejects(copy(killed));
  await db.reopen(from);
  await world.asSite(from, "insert into big (v) values ('free')");
  assert.deepEqual(await sql(`select count(*) from \`${from.name}\`.big`), [['9001']]);
  await db.close(from, 0);
  await db.copy(from, to, []);
  await made.clean();
});

/** An open database whose two tables have the same number of rows, in whatever moment one looks. */
async function pairs(t: TestContext) {
  const { sql, options } = await privateMariadb(t);
  const made = withDatabases({ ...(await mariadbCopyWorld(t)), odd: '' });
  const { db, from, to } = await made.pair();
  await sql(`use \`${from.name}\`; create table one (id int auto_increment primary key, v varchar(200)) engine = innodb;
    create table two like one; insert into one (v) select repeat('x', 200) from seq_1_to_20000; insert into two select * from one`);
  const login = ['--no-defaults', `--user=${options.user}`, `--socket=${options.socket}`, from.name];
  const begin = (text: string): { readonly ended: Promise<number | null> } & { end(): void } => {
    const client = spawn('mariadb', login, { stdio: ['pipe', 'ignore', 'inherit'] });
    client.stdin.write(text);
    return { ended: once(client, 'exit').then(([code]) => Number(code)), end: () => client.stdin.end() };
  };
  const counts = async (): Promise<readonly string[]> => {
    const [row = []] = await sql(
      `select (select count(*) from \`${to.name}\`.one), (select count(*) from \`${to.name}\`.two)`,
    );
    return row;
  };
  return { made, db, from, to, begin, counts };
}

test('mysql: an open database is copied as files, of one moment, and who writes meanwhile is only kept waiting', async (t) => {
  const { made, db, from, to, begin, counts } = await pairs(t);
  const one = "insert into one (v) values ('y'); insert into two (v) values ('y');";
  const writer = begin(`begin; ${one} commit;\n`.repeat(20_000));
  writer.end();
  for (let round = 0; round < 3; round++) {
    assert.match((await db.copy(from, to, [])).way, /as files, all at once/);
    const [first, second] = await counts();
    t.diagnostic(`rows: ${first}, ${second}`);
    assert.equal(first, second);
  }
  assert.equal(await writer.ended, 0);
  await made.clean();
});

test('mysql: an open database that somebody keeps locked is dumped and loaded', async (t) => {
  const { made, db, from, to, begin, counts } = await pairs(t);
  const writer = begin("begin; insert into one (v) values ('not committed');\n");
  const { sql } = await privateMariadb(t);
  while ((await sql('select count(*) from information_schema.innodb_trx'))[0]?.[0] === '0') await sleep(20);
  assert.match((await db.copy(from, to, [])).way, /dumped and loaded, as it is open/);
  assert.deepEqual(await counts(), ['20000', '20000']);
  writer.end();
  await writer.ended;
  await made.clean();
});
