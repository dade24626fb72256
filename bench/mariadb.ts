import { execFile, spawn } from 'node:child_process';
import { chown, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../tests/kit/web.ts';
import { endChild } from './programs.ts';
import type { Resources } from './resources.ts';

const startMaxMs = 60_000;
const run = promisify(execFile);

export interface Mariadb {
  readonly socket: string;
  /** On 127.0.0.1, for installers that know no sockets. */
  readonly port: number;
  /** An empty database whose user has the same name. */
  database(name: string, password: string): Promise<void>;
  /** As its administrator. */
  sql(statements: string): Promise<void>;
}

/** A private MariaDB with its own, durable defaults. Not that of tests/kit: that one is in a hurry, and wants a test runner. */
export async function startMariadb(resources: Resources): Promise<Mariadb> {
  const directory = await resources.directory('mariadb');
  const { stdout } = await run('getent', ['passwd', 'mysql']);
  const [, , uid, gid] = stdout.split(':').map(Number);
  await chown(directory, uid ?? 0, gid ?? 0);
  const [data, socket, log] = [join(directory, 'data'), join(directory, 'sock'), join(directory, 'log')];
  const our = ['--no-defaults', '--user=mysql', `--datadir=${data}`];
  const install = [...our, '--auth-root-authentication-method=socket', '--skip-test-db', '--skip-name-resolve'];
  await run('mariadb-install-db', install);
  const port = await freePort();
  const reach = [`--socket=${socket}`, '--bind-address=127.0.0.1', `--port=${port}`, '--skip-name-resolve'];
  const server = spawn('/usr/sbin/mariadbd', [...our, ...reach, `--pid-file=${directory}/pid`, `--log-error=${log}`], {
    stdio: 'ignore',
  });
  resources.defer(() => endChild(server));
  const sql = async (statements: string): Promise<void> => {
    await run('mariadb', ['--no-defaults', '--user=root', `--socket=${socket}`, '-e', statements], {
      timeout: 120_000,
    });
  };
  for (const endMs = Date.now() + startMaxMs; ; ) {
    const failed: unknown = await sql('select 1').then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failed === undefined) break;
    if (server.exitCode !== null || Date.now() > endMs)
      throw new Error(`MariaDB does not start: ${await readFile(log, 'utf8')}`, { cause: failed });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    ...{ socket, port, sql },
    async database(name, password) {
      const accounts = ['localhost', '127.0.0.1'].map(
        (host) => `create user ${name}@${host} identified by '${password}'; grant all on ${name}.* to ${name}@${host};`,
      );
      await sql(`create database ${name} character set utf8mb4; ${accounts.join(' ')}`);
    },
  };
}
