import { execFile } from 'node:child_process';
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import pg from 'pg';
import { until } from './machines.ts';
import { temporaryDirectory } from './postgres.ts';

const run = promisify(execFile);

/** A PostgreSQL of this test alone that listens on a port of this machine. */
export interface Server {
  readonly port: number;
  readonly data: string;
  start(): Promise<void>;
  /** kill -9 of all of it. */
  kill(): Promise<void>;
  /** A standby becomes the primary. */
  promote(): Promise<void>;
}

export interface Pair {
  readonly primary: Server;
  readonly standby: Server;
  /** With both hosts; the one that can be written is wanted. */
  readonly url: string;
}

/** A port that is free at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

/** PostgreSQL refuses to run as root, who runs the tests. */
async function nobody(): Promise<{ readonly uid: number; readonly gid: number }> {
  const { stdout } = await run('getent', ['passwd', 'nobody'], { timeout: 10_000 });
  const [, , uid, gid] = stdout.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

/** A cluster with these further lines of configuration, started. */
export async function startServer(
  t: TestContext,
  {
    settings = [],
    files = {},
  }: { readonly settings?: readonly string[]; readonly files?: Readonly<Record<string, string>> } = {},
): Promise<Server> {
  const { server, make } = await prepared(t);
  await make('initdb', ['-D', server.data, '-U', 'aegir', '-A', 'trust', '--no-locale', '-E', 'UTF8', '--no-sync']);
  const owner = await nobody();
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(server.data, name), text, { mode: 0o600 });
    await chown(join(server.data, name), owner.uid, owner.gid);
  }
  await configure(server, [...common, ...settings]);
  await server.start();
  return server;
}

const common = [
  ...[
    "listen_addresses = '127.0.0.1'",
    "unix_socket_directories = ''",
    "wal_level = 'replica'",
    'max_connections = 200',
  ],
  // A machine that loses its power is not what is tested here.
  ...["fsync = 'off'", "full_page_writes = 'off'", "shared_buffers = '32MB'", "log_min_messages = 'warning'"],
];

/** A primary that tells nobody of what its standby does not have, and that standby. */
export async function replicated(t: TestContext): Promise<Pair> {
  const primary = await startServer(t);
  await query(primary, 'create database aegir');
  const { server: standby, make } = await prepared(t);
  const source = `host=127.0.0.1 port=${primary.port} user=aegir application_name=standby`;
  await make('pg_basebackup', ['-D', standby.data, '-R', '-X', 'stream', '-c', 'fast', '-d', source, '--no-sync']);
  await configure(standby, common);
  await standby.start();
  await query(primary, "alter system set synchronous_standby_names = 'FIRST 1 (standby)'");
  await query(primary, "alter system set synchronous_commit = 'on'");
  await query(primary, 'select pg_reload_conf()');
  await until(async () => {
    const rows = await query(primary, "select 1 from pg_stat_replication where sync_state = 'sync'");
    return rows.length > 0;
  });
  const url = `postgres://aegir@127.0.0.1:${primary.port},127.0.0.1:${standby.port}/aegir?target_session_attrs=read-write`;
  return { primary, standby, url };
}

type Make = (program: string, args: readonly string[]) => Promise<void>;

async function prepared(t: TestContext): Promise<{ server: Server; make: Make }> {
  let stop = async (): Promise<void> => undefined;
  // What is registered first runs first: it ends, then its directory goes.
  t.after(() => stop());
  const directory = await temporaryDirectory(t, 'pg');
  const owner = await nobody();
  await chown(directory, owner.uid, owner.gid);
  const { stdout } = await run('pg_config', ['--bindir'], { timeout: 10_000 }).catch(() =>
    run('/usr/lib/postgresql/15/bin/pg_config', ['--bindir'], { timeout: 10_000 }),
  );
  const make: Make = async (program, args) => {
    await run(join(stdout.trim(), program), [...args], { ...owner, cwd: '/', timeout: 120_000, env: { LC_ALL: 'C' } });
  };
  const data = join(directory, 'data');
  await mkdir(data, { mode: 0o700 });
  await chown(data, owner.uid, owner.gid);
  const port = await freePort();
  const server: Server = {
    ...{ port, data },
    // Right after kill -9 what was killed may still be in the way.
    async start() {
      for (let tries = 0; ; tries++)
        try {
          return await make('pg_ctl', ['-D', data, '-l', join(directory, 'log'), '-w', '-t', '60', '-s', 'start']);
        } catch (error) {
          if (tries === 20) throw error;
          await new Promise((resolve) => setTimeout(resolve, 250));
        }
    },
    async kill() {
      const pid = Number((await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')[0]);
      process.kill(pid, 'SIGKILL');
      await until(async () => !(await isListening(port)));
    },
    promote: () => make('pg_ctl', ['-D', data, '-w', '-t', '60', '-s', 'promote']),
  };
  stop = () => make('pg_ctl', ['-D', data, '-m', 'immediate', '-w', '-s', 'stop']).catch(() => undefined);
  return { server, make };
}

async function configure({ data, port }: Server, lines: readonly string[]): Promise<void> {
  const owner = await nobody();
  const path = join(data, 'postgresql.conf');
  await writeFile(path, [...lines, `port = ${port}`, ''].join('\n'));
  await chown(path, owner.uid, owner.gid);
}

const isListening = async (port: number): Promise<boolean> => {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'aegir', database: 'postgres' });
  try {
    await client.connect();
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED');
  } finally {
    await client.end().catch(() => undefined);
  }
};

export async function query({ port }: Server, text: string, database = 'postgres'): Promise<readonly object[]> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'aegir', database, statement_timeout: 60_000 });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
