import { randomBytes } from 'node:crypto';
import { buildUser } from '../model/platform-source.ts';
import { serverDirectories } from '../model/server-layout.ts';
import { sudoersText, webUser } from '../model/sudoers.ts';
import { exists, putDirectory, putFile } from './files.ts';
import * as places from './places.ts';
import { ask, must } from './program.ts';
import type { Did } from './screen.ts';

/**
 * The user that hub and worker run as, a member of the web server's group, so that it may give files to it; and the one
 * that code of others is built as, a member of no group but its own.
 */
export async function makeUsers(): Promise<Did> {
  const did = [
    ...(await makeUser(places.user, places.root, '/bin/sh')),
    ...(await makeUser(buildUser, '/nonexistent', '/usr/sbin/nologin')),
  ];
  const groups = (await ask(['id', '-nG', places.user])).stdout.trim().split(' ');
  if (!groups.includes(webUser)) {
    await must(['usermod', '-aG', webUser, places.user], `Is there a group ${webUser}?`);
    did.push(`made it a member of ${webUser}`);
  }
  return did.join(', ') || null;
}

async function makeUser(name: string, home: string, shell: string): Promise<readonly string[]> {
  const did: string[] = [];
  if ((await ask(['getent', 'group', name])).exitCode !== 0) {
    await must(['groupadd', '--system', name], 'See why groupadd refuses.');
    did.push(`made the group ${name}`);
  }
  if ((await ask(['getent', 'passwd', name])).exitCode !== 0) {
    const words = ['--system', '--gid', name, '--home-dir', home, '--no-create-home', '--shell', shell] as const;
    await must(['useradd', ...words, name], 'See why useradd refuses.');
    did.push(`made the user ${name}`);
  }
  return did;
}

const ours = { user: places.user };

/** On the hub's own machine besides what every server has. */
const directories = [
  ...serverDirectories(places.root).map(
    ({ path, mode, ...owner }) => [path, { mode: Number.parseInt(mode, 8), ...owner }] as const,
  ),
  [places.stateDirectory, { mode: 0o700, ...ours }],
  [places.settingsDirectory, { mode: 0o750, user: 'root', group: places.user }],
  [places.runDirectory, { mode: 0o750, ...ours }],
] as const;

export async function makeDirectories(): Promise<Did> {
  const made: string[] = [];
  for (const [path, owned] of directories) if (await putDirectory(path, owned)) made.push(path);
  return made.length === 0 ? null : made.join(' ');
}

export async function allowCommands(): Promise<Did> {
  const check = async (fresh: string): Promise<void> => {
    await must(['visudo', '-cf', fresh], 'The sudoers file was left as it was; this is a fault in Aegir.');
  };
  const put = await putFile('/etc/sudoers.d/aegir', sudoersText('./up'), { mode: 0o440 }, check);
  return put ? 'wrote /etc/sudoers.d/aegir' : null;
}

const sealKeyBytes = 32;

/** Made once: with another key nothing that is sealed in the database can be read. */
export async function makeSealKey(): Promise<Did> {
  const owned = { mode: 0o400, ...ours };
  if (await exists(places.sealKeyFile)) return null;
  await putFile(places.sealKeyFile, randomBytes(sealKeyBytes), owned);
  return `made ${places.sealKeyFile}; keep a copy of it apart from the database`;
}
