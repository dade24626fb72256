import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { sql } from 'kysely';
import { testDatabase } from '../../tests/kit/postgres.ts';
import { jsonb } from './database.ts';

test('the builder speaks camelCase, raw sql snake_case, and both answer camelCase without touching json', async (t) => {
  const { db } = await testDatabase(t);
  const inserted = await db
    .insertInto('server')
    .values({ name: 's', title: 'S', host: 'localhost', data: jsonb({ my_plugin: { a_b: 1 } }) })
    .returning(['id', 'createdAt', 'data'])
    .executeTakeFirstOrThrow();
  assert.equal(inserted.id, '1');
  assert.ok(inserted.createdAt instanceof Date);
  assert.deepEqual(inserted.data, { my_plugin: { a_b: 1 } });
  const { rows } = await sql<{ verifiedAt: null; n: string }>`
    select verified_at, count(*) over () as n from server where id = ${inserted.id}`.execute(db);
  assert.deepEqual(rows, [{ verifiedAt: null, n: '1' }]);
});

test('a jsonb value may hold what programs print: NUL, half characters, backslashes, arrays', async (t) => {
  const { db } = await testDatabase(t);
  const value = ['a\0b', '\ud83d', '😀', '\\u0000', 'C:\\ud800'];
  await db
    .insertInto('setting')
    .values({ name: 'x', value: jsonb(value) })
    .execute();
  const row = await db.selectFrom('setting').select('value').executeTakeFirstOrThrow();
  assert.deepEqual(row.value, ['a\uFFFDb', '\uFFFD', '😀', '\\u0000', 'C:\\ud800']);
});

test('Tables says the same columns as the schema', async (t) => {
  const { db } = await testDatabase(t);
  const { glob, readFile } = await import('node:fs/promises');
  let source = '';
  for await (const file of glob('*tables.ts', { cwd: import.meta.dirname }))
    source += await readFile(new URL(file, import.meta.url), 'utf8');
  const said = [...source.matchAll(/^interface (\w+)Table \{\n(.*?)^\}/gms)].flatMap(([, table = '', body = '']) =>
    [...body.matchAll(/^ {2}(\w+)\??: (Maybe)?/gm)].map(
      ([, column = '', maybe = '']) => `${snake(table)}.${snake(column)}${maybe && '?'}`,
    ),
  );
  const { rows } = await sql<{ column: string }>`
    select table_name || '.' || column_name || case is_nullable when 'YES' then '?' else '' end as "column"
    from information_schema.columns where table_schema = 'public' and table_name <> 'schema_migration'`.execute(db);
  assert.deepEqual(said.toSorted(), rows.map(({ column }) => column).toSorted());
});

const snake = (text: string): string =>
  text.replace(/[A-Z]/g, (letter, at) => `${at > 0 ? '_' : ''}${letter.toLowerCase()}`);

test('a listener hears what is committed after listen, until it ends', async (t) => {
  const { listen, pool } = await testDatabase(t);
  const heard = new EventEmitter();
  const end = await listen('task', (payload) => heard.emit('task', payload));
  const first = once(heard, 'task', { signal: t.signal });
  await pool.query("select pg_notify('task', '7')");
  assert.deepEqual(await first, ['7']);
  await end();
  const endAgain = await listen('other', (payload) => heard.emit('other', payload));
  const other = once(heard, 'other', { signal: t.signal });
  heard.on('task', () => assert.fail('it was to be silent'));
  await pool.query("select pg_notify('task', '8')");
  await pool.query("select pg_notify('other', '9')");
  assert.deepEqual(await other, ['9']);
  await endAgain();
});

test('a listener whose connection is killed comes back, is told, and hears again', {
  timeout: 10 * 60_000,
}, async (t) => {
  const { listen, pool } = await testDatabase(t);
  const heard = new EventEmitter();
  await listen(
    'task',
    (payload) => heard.emit('task', payload),
    () => heard.emit('back'),
  );
  for (let round = 0; round < 3; round += 1) {
    const back = once(heard, 'back', { signal: t.signal });
    await pool.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`);
    await back;
    const next = once(heard, 'task', { signal: t.signal });
    await pool.query("select pg_notify('task', 'again')");
    assert.deepEqual(await next, ['again']);
  }
});

test('a pool whose idle connections were killed goes on', async (t) => {
  const { pool } = await testDatabase(t);
  const [one, two] = [await pool.connect(), await pool.connect()];
  const gone = once(pool, 'error', { signal: t.signal });
  const { rows } = await two.query('select pg_backend_pid() as pid');
  two.release();
  await one.query('select pg_terminate_backend($1)', [rows[0].pid]);
  await gone;
  one.release();
  assert.equal((await pool.query('select 1 as one')).rows[0].one, 1);
});
