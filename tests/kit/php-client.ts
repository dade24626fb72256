import { spawn } from 'node:child_process';
import type { TestContext } from 'node:test';
import type { DatabaseAddress } from '../../src/model/site.ts';

/** A site's code that works on its database, in a process of its own. */
export interface PhpClient {
  /** What it said so far, by lines. */
  readonly said: readonly string[];
  /** Resolves when it has said such a line (again, after the first `after` lines). */
  says(line: RegExp, after?: number): Promise<void>;
  end(): Promise<void>;
}

/** `$db()` connects anew, as PDO; the script may use it as often as it likes, and prints lines. */
export function phpClient(t: TestContext, address: DatabaseAddress, script: string): PhpClient {
  const { driver, name, user, password, host, port, socket } = address;
  const dsn = {
    mysql: `mysql:${socket === null ? `host=${host};port=${port}` : `unix_socket=${socket}`};dbname=${name};charset=utf8mb4`,
    pgsql: `pgsql:host=${host};port=${port};dbname=${name}`,
    sqlite: `sqlite:${name}`,
  }[driver];
  const data = Buffer.from(JSON.stringify([dsn, user, password.reveal()])).toString('base64');
  const child = spawn('php', [], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(`<?php [$dsn, $user, $password] = json_decode(base64_decode('${data}'));
    $db = fn () => new PDO($dsn, $user, $password, [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_TIMEOUT => 10]);
    ${script}`);
  const said: string[] = [];
  let half = '';
  let heard = Promise.withResolvers<void>();
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.stdout.on('data', (data_: Buffer) => {
    const lines = (half + data_.toString()).split('\n');
    half = lines.pop() ?? '';
    said.push(...lines);
    heard.resolve();
    heard = Promise.withResolvers();
  });
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  t.after(end);
  return {
    said,
    end,
    async says(line, after = 0) {
      while (!said.slice(after).some((one) => line.test(one))) {
        const over = await Promise.race([heard.promise.then(() => false), ended.then(() => true)]);
        if (over && !said.slice(after).some((one) => line.test(one)))
          throw new Error(`PHP ended without ${line}: ${said.slice(-5).join(' / ')}`);
      }
    },
  };
}
