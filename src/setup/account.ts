import { randomBytes } from 'node:crypto';
import { buildUser } from '../model/platform-source.ts';
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
  if (!groups.includes(places.webUser)) {
    await must(['usermod', '-aG', places.webUser, places.user], `Is there a group ${places.webUser}?`);
    did.push(`made it a member of ${places.webUser}`);
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
const rootsForUs = { user: 'root', group: places.user };

/** The layout of seed 003. Only ./up makes these; what is below them is the engines' and the tasks' business. */
const directories: readonly [string, Parameters<typeof putDirectory>[1]][] = [
  [places.root, { mode: 0o711, ...ours }],
  [`${places.root}/config`, { mode: 0o711, ...ours }],
  [`${places.root}/backups`, { mode: 0o700, ...ours }],
  [`${places.root}/builds`, { mode: 0o750, user: buildUser, group: places.user }],
  [`${places.root}/clients`, { mode: 0o711, ...ours }],
  [`${places.root}/platforms`, { mode: 0o755, ...ours }],
  [places.stateDirectory, { mode: 0o700, ...ours }],
  [places.settingsDirectory, { mode: 0o750, ...rootsForUs }],
  // Root opens the logs, so nobody else may make files here: a link in place of a log would be written to.
  [places.logDirectory, { mode: 0o750, ...rootsForUs }],
  [places.webLogs, { mode: 0o750, ...rootsForUs }],
  [places.runDirectory, { mode: 0o750, ...ours }],
];

export async function makeDirectories(): Promise<Did> {
  const made: string[] = [];
  for (const [path, owned] of directories) if (await putDirectory(path, owned)) made.push(path);
  return made.length === 0 ? null : made.join(' ');
}

/** Of the database server as Debian installs it. */
const tables = '/var/lib/mysql/';

/**
 * All that user aegir may do as somebody else, word for word. `php ""` is PHP without any argument: it reads the
 * program from standard input and runs as the sites' own user, so it gives no more than a site's own code has; and
 * `tar` and `cp`, for what sites wrote, no more than that (decision 0017). As the build user, which may do nothing, it
 * starts the sandbox (sources/sandbox.ts) and ends what runs in it. Files of tables are copied as the user mysql, from one
 * database into another and nowhere else (decision 0024); what is between ^ and $ is a regular expression, which sudo older
 * than 1.9.10 takes for words: then rows are copied.
 */
const sudoers = `# Written by ./up of Aegir.
Defaults:${places.user} !requiretty
${places.user} ALL=(root) NOPASSWD: /usr/sbin/nginx -t
${places.user} ALL=(root) NOPASSWD: /usr/sbin/nginx -s reload
${places.user} ALL=(root) NOPASSWD: /usr/sbin/apache2ctl configtest
${places.user} ALL=(root) NOPASSWD: /usr/sbin/apache2ctl graceful
${places.user} ALL=(${places.webUser}) NOPASSWD: /usr/bin/php "", /usr/bin/tar, /usr/bin/cp
${places.user} ALL=(mysql) NOPASSWD: /usr/bin/cp ^-t ${tables}[a-zA-Z0-9_]+( ${tables}[a-zA-Z0-9_]+/[a-zA-Z0-9_]+\\.(ibd|cfg))+$
${places.user} ALL=(${buildUser}) NOPASSWD: /usr/bin/bwrap, /usr/bin/pkill, /usr/bin/pidwait
`;

export async function allowCommands(): Promise<Did> {
  const check = async (fresh: string): Promise<void> => {
    await must(['visudo', '-cf', fresh], 'The sudoers file was left as it was; this is a fault in Aegir.');
  };
  const put = await putFile('/etc/sudoers.d/aegir', sudoers, { mode: 0o440 }, check);
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
