import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import pg from 'pg';
import { type HubDatabase, openDatabase } from '../../src/hub/database.ts';
import { migrate } from '../../src/hub/migrate.ts';
import { startPostgres, stopPostgres } from '../../src/hub/postgres.ts';

/**
 * Where all test files of one run share a cluster. The test runner sets it to a directory of its own (mode 0755) and calls
 * `node tests/kit/postgres.ts stop` at the end, which also removes what is in it. Without it each process starts a cluster of its own (1 s) and stops it.
 */
const sharedDirectory = process.env['AEGIR_TEST_POSTGRES'];

/** Safety does not matter here, speed does. */
const settings = ["fsync = 'off'", "full_page_writes = 'off'", "synchronous_commit = 'off'", "max_connections = '300'"];

/** The URL of a database of this test alone, with the hub's schema (or empty), dropped after the test. Takes about 0.2 s. */
export async function testDatabaseUrl(t: TestContext, { empty = false }: { empty?: boolean } = {}): Promise<string> {
  const cluster = await testCluster();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await execute(cluster.url, `create database ${name} template ${empty ? 'template0' : cluster.template}`);
  t.after(() => execute(cluster.url, `drop database ${name} with (force)`));
  return urlOf(cluster.url, name);
}

/** The same, opened, and closed after the test. */
export async function testDatabase(t: TestContext): Promise<HubDatabase & { readonly url: string }> {
  // What is registered first runs first: it is closed, then dropped.
  let opened: HubDatabase | undefined;
  t.after(() => opened?.close());
  const url = await testDatabaseUrl(t);
  opened = openDatabase(url);
  return { ...opened, url };
}

/** A directory below the temporary one that other users can enter, removed after the test. */
export async function temporaryDirectory(t: TestContext, name = 'aegir-test'): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), `${name}-`));
  await chmod(directory, 0o755);
  t.after(() => rm(directory, { recursive: true, force: true, maxRetries: 3 }));
  return directory;
}

interface Cluster {
  readonly url: string;
  readonly template: string;
}

let started: Promise<Cluster> | undefined;
const testCluster = (): Promise<Cluster> => {
  started ??= startCluster();
  return started;
};

let ownDirectory: string | undefined;
async function startCluster(): Promise<Cluster> {
  let directory = sharedDirectory;
  if (directory === undefined) {
    directory = await mkdtemp(join(tmpdir(), 'aegir-pg-'));
    await chmod(directory, 0o755);
    ownDirectory = directory;
  }
  const { url } = await startPostgres({ stateDirectory: join(directory, 'pg'), settings });
  return { url, template: await makeTemplate(url) };
}

/** Made by whichever test file comes first; the others wait for it. */
async function makeTemplate(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, lock_timeout: 60_000 });
  await client.connect();
  try {
    await client.query("select pg_advisory_lock(hashtext('template'))");
    const found = await client.query("select 1 from pg_database where datname = 'hub_template'");
    if (found.rowCount === 0) {
      await client.query('drop database if exists hub_fresh with (force)');
      await client.query('create database hub_fresh');
      await migrate(urlOf(url, 'hub_fresh'));
      await client.query('alter database hub_fresh rename to hub_template');
    }
    return 'hub_template';
  } finally {
    await client.end();
  }
}

function urlOf(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, statement_timeout: 60_000 });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function stopCluster(directory: string): Promise<void> {
  await stopPostgres({ stateDirectory: join(directory, 'pg') });
  await rm(join(directory, 'pg'), { recursive: true, force: true });
}

if (import.meta.main) {
  const verb = process.argv[2] ?? '';
  assert.match(
    verb,
    /^(?:start|stop)$/,
    'usage: AEGIR_TEST_POSTGRES=<directory> node tests/kit/postgres.ts start|stop',
  );
  assert.ok(sharedDirectory, 'AEGIR_TEST_POSTGRES is not set');
  await (verb === 'start' ? startCluster() : stopCluster(sharedDirectory));
} else {
  after(async () => {
    await started?.catch(() => undefined);
    if (ownDirectory === undefined) return;
    await stopCluster(ownDirectory);
    await rm(ownDirectory, { recursive: true, force: true });
  });
}
