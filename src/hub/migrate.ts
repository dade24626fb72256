import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { Problem } from '../model/problem.ts';
import { databaseAddress } from './connect.ts';

/** Where the hub's own schema is, one numbered file after the other. */
const schemaDirectory = fileURLToPath(new URL('./schema', import.meta.url));

/**
 * Brings the database up to date: each new file of `directory` in a transaction of its own, by number. Answers the names
 * of those it ran. Several hubs may do it at once; one works and the others wait.
 * Throws Problem 'conflict' when an applied file was edited, is missing here, or a new one comes before it.
 */
export async function migrate(url: string, directory = schemaDirectory): Promise<readonly string[]> {
  const files = await readFiles(directory);
  // lock_timeout is for the wait for another hub; a migration itself may take as long as it needs.
  const { Client, connectionString } = databaseAddress(url);
  const client = new Client({ connectionString, connectionTimeoutMillis: 10_000, lock_timeout: 600_000 });
  client.on('error', () => undefined); // the query that runs meanwhile rejects with the same
  try {
    await client.connect();
  } catch (cause) {
    throw noAnswer(cause);
  }
  try {
    // Two at once would both see 'not applied', or deadlock on each other's locks.
    await client.query("select pg_advisory_lock(hashtext('aegir.migrate'))");
    return await apply(client, files);
  } finally {
    await client.end(); // frees the lock too
  }
}

interface MigrationFile {
  readonly name: string;
  readonly text: string;
  readonly sha256: string;
}

const fileName = /^(\d{4})-[a-z0-9-]+\.sql$/;

async function readFiles(directory: string): Promise<readonly MigrationFile[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).toSorted();
  const numbers = new Set<string>();
  for (const name of names) {
    const number = fileName.exec(name)?.[1];
    if (number === undefined || numbers.has(number))
      throw new Problem('invalid', `${directory}/${name} needs a number of its own`, {
        hint: 'Migrations are called 0002-what-is-new.sql.',
      });
    numbers.add(number);
  }
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(`${directory}/${name}`, 'utf8');
      return { name, text, sha256: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

async function apply(client: pg.Client, files: readonly MigrationFile[]): Promise<readonly string[]> {
  await client.query(`create table if not exists schema_migration (
    name text primary key, sha256 text not null, applied_at timestamptz not null default now())`);
  const { rows } = await client.query<{ name: string; sha256: string }>('select name, sha256 from schema_migration');
  const applied = new Map(rows.map(({ name, sha256 }) => [name, sha256]));
  refuseDifferences(files, applied);
  const ran: string[] = [];
  for (const file of files) {
    if (applied.has(file.name)) continue;
    await applyOne(client, file);
    ran.push(file.name);
  }
  return ran;
}

function refuseDifferences(files: readonly MigrationFile[], applied: ReadonlyMap<string, string>): void {
  const known = new Set(files.map(({ name }) => name));
  const newest = [...applied.keys()].toSorted().at(-1) ?? '';
  for (const name of applied.keys())
    if (!known.has(name))
      throw new Problem('conflict', `the database has had the migration ${name}, which this Aegir does not know`, {
        hint: 'A newer Aegir has used this database: update this one.',
      });
  for (const { name, sha256 } of files) {
    const before = applied.get(name);
    if (before !== undefined && before !== sha256)
      throw new Problem('conflict', `the migration ${name} was edited after it was applied`, {
        hint: 'Put the file back as it was and write a new one with the difference.',
      });
    if (before === undefined && name < newest)
      throw new Problem('conflict', `the migration ${name} comes before ${newest}, which was applied already`, {
        hint: 'Give it the next free number.',
      });
  }
}

async function applyOne(client: pg.Client, { name, text, sha256 }: MigrationFile): Promise<void> {
  await client.query('begin');
  try {
    await client.query(text);
    await client.query('insert into schema_migration (name, sha256) values ($1, $2)', [name, sha256]);
    await client.query('commit');
  } catch (cause) {
    // If the connection is gone this fails too, and the first error is the one to tell.
    await client.query('rollback').catch(() => undefined);
    throw failed(name, cause);
  }
}

const noAnswer = (cause: unknown): Problem =>
  new Problem('server-unreachable', "the hub's database does not answer", {
    hint: 'Is it running, and is DATABASE_URL right?',
    cause,
  });

const failed = (name: string, cause: unknown): Problem =>
  new Problem('command-failed', `the migration ${name} failed and was rolled back`, { cause });
