import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { appendFile, chmod, chown, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './web.ts';

/** Database servers of this process alone, shared by its tests, started when the first asks (1 to 4 s) and gone after the last. */

export interface PrivateMariadb {
  readonly socket: string;
  /** Options for the engine `mysql`: we are root there as we are here. */
  readonly options: { readonly user: string; readonly socket: string };
  /** Runs SQL as root, answers its output in columns. Throws what the client says. */
  sql(statements: string, login?: { user: string; password: string; database?: string }): Promise<string[][]>;
}

export interface PrivatePostgres {
  /** Directory of its Unix socket. */
  readonly socket: string;
  readonly port: number;
  /** Options for the engine `postgresql`: the user aegir there, who may make databases and roles and is no superuser. */
  readonly options: { readonly user: string; readonly socket: string; readonly port: number };
  /** Runs SQL as superuser, or as `login` over TCP as sites do. */
  sql(statements: string, login?: { user: string; password: string; database: string }): Promise<string[][]>;
}

export function privateMariadb(t: TestContext): Promise<PrivateMariadb> {
  mariadb ??= startMariadb(t);
  return mariadb;
}

export function privatePostgres(t: TestContext): Promise<PrivatePostgres> {
  postgres ??= startPostgres(t);
  return postgres;
}

let mariadb: Promise<PrivateMariadb> | undefined;
let postgres: Promise<PrivatePostgres> | undefined;
const stops: (() => Promise<void>)[] = [];
after(async () => {
  await Promise.allSettled([mariadb, postgres]);
  for (const stop of stops.toReversed()) await stop();
});

const isRoot = process.geteuid?.() === 0;

/** A directory that is removed at the end, of the system user the server runs as (root does not run servers). */
async function stateDirectory(name: string, systemUser: string): Promise<{ directory: string; ids: Ids }> {
  const directory = await mkdtemp(join(tmpdir(), `aegir-${name}-`));
  stops.push(() => rm(directory, { recursive: true, force: true, maxRetries: 3 }));
  await chmod(directory, 0o755);
  if (!isRoot) return { directory, ids: {} };
  const { stdout } = await promisify(execFile)('getent', ['passwd', systemUser]);
  const [, , uid, gid] = stdout.split(':');
  await chown(directory, Number(uid), Number(gid));
  return { directory, ids: { uid: Number(uid), gid: Number(gid) } };
}
type Ids = { readonly uid?: number; readonly gid?: number };

async function startMariadb(t: TestContext): Promise<PrivateMariadb> {
  const { directory, ids } = await stateDirectory('mariadb', 'mysql');
  const [data, socket, log] = [join(directory, 'data'), join(directory, 'sock'), join(directory, 'log')];
  const small = ['--innodb-buffer-pool-size=32M', '--innodb-log-file-size=8M', '--performance-schema=OFF'];
  const user = ids.uid === undefined ? [] : ['--user=mysql'];
  // One that starts removes the temporary tables of all others in the same place.
  const env = { ...process.env, TMPDIR: directory };
  await promisify(execFile)(
    'mariadb-install-db',
    [
      '--no-defaults',
      ...user,
      `--datadir=${data}`,
      ...['--auth-root-authentication-method=socket', '--skip-test-db', '--skip-name-resolve'],
    ],
    { env },
  );
  const more = ['--skip-networking', '--innodb-flush-log-at-trx-commit=0', `--log-error=${log}`, ...small];
  const args = ['--no-defaults', ...user, `--datadir=${data}`, `--socket=${socket}`, `--pid-file=${directory}/pid`];
  const server = spawn('/usr/sbin/mariadbd', [...args, ...more], { env });
  stops.push(() => end(server));
  const root = { user: isRoot ? 'root' : (process.env['USER'] ?? 'root') };
  const sql: PrivateMariadb['sql'] = async (statements, login) => {
    const as = login ? ['--user', login.user, `--password=${login.password}`] : ['--user', root.user];
    const common = ['--no-defaults', '--batch', '--skip-column-names', '--default-character-set=utf8mb4'];
    return client(
      'mariadb',
      [...common, `--socket=${socket}`, ...as, ...(login?.database ? [login.database] : [])],
      statements,
    );
  };
  await until(t, () => sql('select 1'), server, log);
  return { socket, options: { ...root, socket }, sql };
}

async function startPostgres(t: TestContext): Promise<PrivatePostgres> {
  const { directory, ids } = await stateDirectory('postgres', 'postgres');
  const majors = (await readdir('/usr/lib/postgresql')).map(Number).toSorted((a, b) => b - a);
  const binaries = `/usr/lib/postgresql/${majors[0]}/bin`;
  const [data, port, log] = [join(directory, 'data'), await freePort(), join(directory, 'log')];
  const run = promisify(execFile);
  await run(
    `${binaries}/initdb`,
    ['-D', data, '-U', 'super', '-A', 'trust', '--no-sync', '--no-locale', '-E', 'UTF8'],
    {
      ...ids,
      cwd: '/',
    },
  );
  const me = isRoot ? 'root' : (process.env['USER'] ?? 'root');
  await writeFile(
    join(data, 'pg_hba.conf'),
    [
      'local all super trust',
      'local all aegir peer map=us',
      'local all all scram-sha-256',
      'host all all 127.0.0.1/32 scram-sha-256',
      '',
    ].join('\n'),
  );
  await writeFile(join(data, 'pg_ident.conf'), `us ${me} aegir\n`);
  await appendFile(
    join(data, 'postgresql.conf'),
    `listen_addresses = '127.0.0.1'\nport = ${port}\nunix_socket_directories = '${directory}'\nfsync = off\nshared_buffers = '32MB'\n`,
  );
  const server = spawn(`${binaries}/postgres`, ['-D', data], { ...ids, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  server.stderr?.on('data', (text) => void appendFile(log, text).catch(() => undefined));
  // SIGINT: fast shutdown, which does not wait for clients.
  stops.push(() => end(server, 'SIGINT'));
  const sql: PrivatePostgres['sql'] = async (statements, login) => {
    const way = login
      ? `host=127.0.0.1 user='${login.user}' password='${login.password}' dbname='${login.database}'`
      : `host=${directory} user=super dbname=postgres`;
    return client('psql', [...'-X -q -A -t -v ON_ERROR_STOP=1 -F'.split(' '), '\t', `${way} port=${port}`], statements);
  };
  await until(t, () => sql('select 1'), server, log);
  await sql('create role aegir login createdb createrole');
  return { socket: directory, port, options: { user: 'aegir', socket: directory, port }, sql };
}

async function client(program: string, args: readonly string[], stdin: string): Promise<string[][]> {
  const running = promisify(execFile)(program, args, { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 });
  running.child.stdin?.on('error', () => undefined); // it may end before it has read all
  running.child.stdin?.end(stdin);
  const { stdout } = await running;
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}

async function until(t: TestContext, ready: () => Promise<unknown>, server: ChildProcess, log: string): Promise<void> {
  for (let last: unknown; ; await sleep(50, undefined, { signal: t.signal })) {
    const answered = await ready().then(
      () => true,
      (error: unknown) => {
        last = error;
        return false;
      },
    );
    if (answered) return;
    if (server.exitCode !== null) throw new Error(`the server ended: ${await readFile(log, 'utf8')}`, { cause: last });
  }
}

/** Ends a process, at last by force, and waits until it is gone. */
async function end(server: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  server.kill(signal);
  const timer = setTimeout(() => server.kill('SIGKILL'), 20_000);
  await gone;
  clearTimeout(timer);
}
