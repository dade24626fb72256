import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import pg from 'pg';
import { temporaryDirectory, testDatabaseUrl } from '../../tests/kit/postgres.ts';
import { migrate } from './migrate.ts';

test('each file runs once, in order, however many hubs start at once', async (t) => {
  const [url, directory] = [await testDatabaseUrl(t, { empty: true }), await temporaryDirectory(t)];
  await writeFile(join(directory, '0001-first.sql'), 'create table one (id int);');
  await writeFile(join(directory, '0002-second.sql'), 'alter table one add name text; insert into one values (1);');
  const ran = await Promise.all([1, 2, 3].map(() => migrate(url, directory)));
  assert.deepEqual(ran.flat(), ['0001-first.sql', '0002-second.sql']);
  assert.deepEqual(await migrate(url, directory), []);
});

test('an edited, a vanished and a belated file are refused, and nothing runs', async (t) => {
  const [url, directory] = [await testDatabaseUrl(t, { empty: true }), await temporaryDirectory(t)];
  await writeFile(join(directory, '0002-a.sql'), 'create table a ();');
  await migrate(url, directory);
  await writeFile(join(directory, '0003-b.sql'), 'create table b ();');
  await writeFile(join(directory, '0001-late.sql'), 'create table late ();');
  await assert.rejects(migrate(url, directory), { code: 'conflict', message: /0001-late.sql comes before/ });
  await rm(join(directory, '0001-late.sql'));
  await writeFile(join(directory, '0002-a.sql'), 'create table a (id int);');
  await assert.rejects(migrate(url, directory), { code: 'conflict', message: /0002-a.sql was edited/ });
  await rm(join(directory, '0002-a.sql'));
  await assert.rejects(migrate(url, directory), { code: 'conflict', message: /does not know/ });
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query("select to_regclass('b') as b");
  await client.end();
  assert.equal(rows[0].b, null);
});

test('a file that fails leaves nothing of itself, and what came before it stays', async (t) => {
  const [url, directory] = [await testDatabaseUrl(t, { empty: true }), await temporaryDirectory(t)];
  await writeFile(join(directory, '0001-good.sql'), 'create table good ();');
  await writeFile(join(directory, '0002-bad.sql'), 'create table bad (); select 1/0;');
  await assert.rejects(migrate(url, directory), { code: 'command-failed', message: /0002-bad.sql failed/ });
  await writeFile(join(directory, '0002-bad.sql'), 'create table bad ();');
  assert.deepEqual(await migrate(url, directory), ['0002-bad.sql']);
});

test('two files with one number are refused', async (t) => {
  const [url, directory] = [await testDatabaseUrl(t, { empty: true }), await temporaryDirectory(t)];
  await writeFile(join(directory, '0001-a.sql'), '');
  await writeFile(join(directory, '0001-b.sql'), '');
  await assert.rejects(migrate(url, directory), { code: 'invalid' });
});

test('a database that does not answer is a problem with a hint', async () => {
  await assert.rejects(migrate('postgres://aegir@localhost/aegir?host=/nonexistent'), { code: 'server-unreachable' });
});
