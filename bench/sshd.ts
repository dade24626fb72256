import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '../src/machine/command.ts';
import { aegirUser } from '../src/model/sudoers.ts';
import { freePort, until } from '../tests/kit/web.ts';
import { here } from './own-installer.ts';
import { endChild } from './programs.ts';
import type { Resources } from './resources.ts';

export interface Sshd {
  /** What it is known by. */
  readonly hostKey: string;
  /** On 127.0.0.1. */
  readonly port: number;
  /** From now on it lets in who has this key. */
  letIn(publicKey: string): Promise<void>;
  /** How many it has begun until now: what one of ours does over there is one of them. */
  sessions(): Promise<number>;
}

/**
 * Lets keys in as who runs the bench, under the name of our user: in a mount namespace with a passwd of its own, so that the
 * machine is not touched, and what is done there is done as it is done here. With `hides` another directory is at that path.
 */
export async function startSshd(
  resources: Resources,
  hides: { readonly at: string; readonly is: string } | null = null,
): Promise<Sshd> {
  const directory = await resources.directory('sshd');
  const at = (name: string): string => join(directory, name);
  const port = await freePort();
  await here().run(command`ssh-keygen -q -t ed25519 -N ${''} -f ${at('host-key')}`);
  // Behind root, so that its number is root's name still: sudo lets nobody else.
  const others = (await readFile('/etc/passwd', 'utf8'))
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith(`${aegirUser}:`));
  await writeFile(at('passwd'), `${others.join('\n')}\n${aegirUser}:*:0:0::/root:/bin/sh\n`, { mode: 0o644 });
  const lines = [
    ...[
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${at('host-key')}`,
      `AuthorizedKeysFile ${at('authorized')}`,
    ],
    ...['StrictModes no', 'UsePAM no', 'PasswordAuthentication no', 'PidFile none', 'LogLevel VERBOSE'],
  ];
  await writeFile(at('config'), `${lines.join('\n')}\n`);
  await here().run(command`mkdir -p /run/sshd`);
  const script = `mount --bind "$1" /etc/passwd && { [ $# = 3 ] || mount --bind "$5" "$4"; } && exec /usr/sbin/sshd -D -f "$2" -E "$3"`;
  const words = ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh'];
  const child = spawn(
    'unshare',
    [...words, at('passwd'), at('config'), at('log'), ...(hides ? [hides.at, hides.is] : [])],
    { stdio: 'inherit' },
  );
  resources.defer(() => endChild(child));
  const log = async (): Promise<string> => readFile(at('log'), 'utf8').catch(() => '');
  await until('sshd', child, async () => (await log()).includes('Server listening'));
  const hostKey = (await readFile(at('host-key.pub'), 'utf8')).split(' ').slice(0, 2).join(' ');
  return {
    ...{ port, hostKey },
    letIn: (publicKey) => writeFile(at('authorized'), `${publicKey}\n`, { mode: 0o600 }),
    sessions: async () => (await log()).split('Starting session').length - 1,
  };
}
