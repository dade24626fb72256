import { execFileSync, spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { until } from './machines.ts';

/** A real sshd on a port of its own, which lets root in by a key of its own, below `directory`. */
export async function startSftp(
  t: TestContext,
  directory: string,
): Promise<{ readonly port: number; readonly key: string; readonly knownHosts: string }> {
  const at = join(directory, 'sshd');
  await mkdir(at, { mode: 0o700 });
  for (const name of ['host', 'key'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(at, name)]);
  const port = await freePort();
  await writeFile(join(at, 'authorized'), await readFile(join(at, 'key.pub')), { mode: 0o600 });
  const hostKey = (await readFile(join(at, 'host.pub'), 'utf8')).split(' ').slice(0, 2).join(' ');
  await writeFile(join(at, 'known'), `[127.0.0.1]:${port} ${hostKey}\n`);
  const options = {
    ...{ ListenAddress: `127.0.0.1:${port}`, HostKey: join(at, 'host'), PidFile: join(at, 'pid') },
    ...{ AuthorizedKeysFile: join(at, 'authorized'), StrictModes: 'no', UsePAM: 'no', PermitRootLogin: 'yes' },
    Subsystem: 'sftp internal-sftp',
    // The default one costs a busy machine a second for each login.
    KexAlgorithms: 'curve25519-sha256',
  };
  const words = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  let said = '';
  const server = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', '/dev/null', ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  server.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  t.after(() => server.kill());
  await until(() => said.includes('Server listening'));
  return { port, key: join(at, 'key'), knownHosts: join(at, 'known') };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
