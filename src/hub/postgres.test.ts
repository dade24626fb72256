import assert from 'node:assert/strict';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import { temporaryDirectory } from '../../tests/kit/postgres.ts';
import { startPostgres, stopPostgres } from './postgres.ts';

async function answer(url: string, statement: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined); // the server may be killed under it
  await client.connect();
  try {
    return Object.values((await client.query(statement)).rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

/** A state directory whose cluster is stopped before it is removed: what is registered first runs first. */
async function stoppedAfter(t: TestContext): Promise<string> {
  let stateDirectory = '';
  t.after(() => stopPostgres({ stateDirectory }));
  stateDirectory = join(await temporaryDirectory(t), 'state');
  return stateDirectory;
}

test('it starts, is adopted by the next, survives kill -9, keeps its rows and stops', {
  timeout: 20 * 60_000,
}, async (t) => {
  const stateDirectory = await stoppedAfter(t);
  const first = await startPostgres({ stateDirectory });
  assert.equal(first.adopted, false);
  await answer(first.url, 'create table kept as select 7 as seven');
  const second = await startPostgres({ stateDirectory });
  assert.deepEqual([second.adopted, second.url], [true, first.url]);
  const pid = Number((await readFile(join(stateDirectory, 'data/postmaster.pid'), 'utf8')).split('\n')[0]);
  process.kill(pid, 'SIGKILL');
  const third = await startPostgres({ stateDirectory });
  assert.equal(await answer(third.url, 'select seven from kept'), 7);
  await third.stop();
  await third.stop();
  await assert.rejects(answer(first.url, 'select 1'));
});

test('many that start it at once end up with one cluster', { timeout: 20 * 60_000 }, async (t) => {
  const stateDirectory = await stoppedAfter(t);
  const all = await Promise.all([1, 2, 3].map(() => startPostgres({ stateDirectory })));
  const ids = await Promise.all(
    all.map(({ url }) => answer(url, 'select system_identifier::text from pg_control_system()')),
  );
  assert.equal(new Set(ids).size, 1);
  assert.equal(all.filter(({ adopted }) => !adopted).length, 1);
});

test('it listens on no network, and its directory is for its owner only', { timeout: 10 * 60_000 }, async (t) => {
  const stateDirectory = await stoppedAfter(t);
  const postgres = await startPostgres({ stateDirectory });
  assert.equal(await answer(postgres.url, 'show listen_addresses'), '');
  assert.equal((await stat(stateDirectory)).mode & 0o777, 0o700);
});

test('a path too long for a socket is refused before anything is made', async (t) => {
  const stateDirectory = join(await temporaryDirectory(t), 'x'.repeat(90));
  await assert.rejects(startPostgres({ stateDirectory }), { code: 'invalid', message: /too long a path/ });
  await assert.rejects(stat(stateDirectory), { code: 'ENOENT' });
});

test('data of a version that is not installed is left alone', async (t) => {
  const stateDirectory = await temporaryDirectory(t);
  await mkdir(join(stateDirectory, 'data'));
  await writeFile(join(stateDirectory, 'data/PG_VERSION'), '9\n');
  await assert.rejects(startPostgres({ stateDirectory }), { code: 'not-found', hint: 'Install postgresql-9.' });
});
