import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type CopyWorld, withDatabases } from '../../../tests/kit/db-copy-contract.ts';
import { mariadbCopyWorld, postgresCopyWorld, sqliteCopyWorld } from '../../../tests/kit/db-copy-worlds.ts';
import { phpClient } from '../../../tests/kit/php-client.ts';

const worlds: Readonly<Record<string, (t: TestContext) => Promise<CopyWorld>>> = {
  'mysql on MariaDB': mariadbCopyWorld,
  'postgresql on PostgreSQL': postgresCopyWorld,
  sqlite: sqliteCopyWorld,
};

/** Writes all the time, over a connection that it keeps and makes anew when it is lost, and says what was acknowledged. */
const writer = `
  for ($n = 0, $pdo = null; ; $n++) {
    try {
      $pdo ??= $db();
      $pdo->exec("insert into notes values ('w$n')");
      echo "written w$n\\n";
    }
    catch (PDOException $e) {
      echo "refused w$n\\n";
      $pdo = $n % 2 ? null : $pdo;
      usleep(1000);
    }
  }`;

const transaction = (seconds: number): string => `
  $pdo = $db(); $pdo->beginTransaction(); $pdo->exec("insert into notes values ('long')"); echo "begun\\n";
  usleep(${seconds * 1_000_000});
  try { $pdo->commit(); echo "written long\\n"; } catch (PDOException $e) { echo "refused long\\n"; }`;

const written = (said: readonly string[]): readonly string[] =>
  said.flatMap((line) => (line.startsWith('written ') ? [line.slice('written '.length)] : []));

for (const [title, world] of Object.entries(worlds)) {
  test(`${title}: every write that was acknowledged before it was closed is in the copy, every later one is refused`, async (t) => {
    const made = withDatabases(await world(t));
    const { db, from, to, world: w } = await made.pair();
    const address = db.address(made.databaseOf(from), '/nowhere');
    const client = phpClient(t, address, writer);
    await client.says(/^written w5/);
    await db.close(from, 200);
    const closedAt = client.said.length;
    await client.says(/^refused/, closedAt);
    await db.copy(from, to, []);
    const copied = new Set((await w.asSite(to, 'select v from notes')).map(([v]) => v));
    await client.says(/^refused/, client.said.length);
    const before = written(client.said);
    assert.deepEqual(
      before.filter((v) => !copied.has(v)),
      [],
    );
    // What was said by then may have been read a moment later: a refusal ends it.
    const late = client.said.slice(closedAt);
    const firstRefused = late.findIndex((line) => line.startsWith('refused'));
    assert.deepEqual(written(late.slice(firstRefused)), []);
    await db.reopen(from);
    await client.says(/^written/, client.said.length);
    await client.end();
    const all = new Set((await w.asSite(from, 'select v from notes')).map(([v]) => v));
    assert.deepEqual(
      written(client.said).filter((v) => !all.has(v)),
      [],
    );
    await made.clean();
  });

  test(`${title}: who is in the middle of something has his time to end it`, async (t) => {
    const made = withDatabases(await world(t));
    const { db, from, to, world: w } = await made.pair();
    const client = phpClient(t, db.address(made.databaseOf(from), '/nowhere'), transaction(0.5));
    await client.says(/begun/);
    await db.close(from, 30_000);
    await db.copy(from, to, []);
    await client.says(/written long/);
    const copied = await w.asSite(to, 'select v from notes order by v');
    assert.deepEqual(copied, [['long'], ['one'], ['two']]);
    await client.end();
    await made.clean();
  });
}

for (const title of ['mysql on MariaDB', 'postgresql on PostgreSQL'])
  test(`${title}: who does not end is ended, and what he had begun is nowhere`, async (t) => {
    const made = withDatabases(await worlds[title]!(t));
    const { db, from, to, world: w } = await made.pair();
    const client = phpClient(t, db.address(made.databaseOf(from), '/nowhere'), transaction(3));
    await client.says(/begun/);
    await db.close(from, 100);
    await db.copy(from, to, []);
    await client.says(/refused long/);
    assert.deepEqual(await w.asSite(to, 'select v from notes order by v'), [['one'], ['two']]);
    await made.clean();
  });

test('sqlite: who does not end cannot be ended, and is left alone', async (t) => {
  const made = withDatabases(await sqliteCopyWorld(t));
  const { db, from, world: w } = await made.pair();
  const client = phpClient(t, db.address(made.databaseOf(from), '/nowhere'), transaction(4));
  await client.says(/begun/);
  await assert.rejects(db.close(from, 100), { code: 'in-use', hint: /fuser/ });
  await client.says(/written long/);
  await w.asSite(from, "insert into notes values ('later')");
  await made.clean();
});
