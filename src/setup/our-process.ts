import { open, readdir, readFile, readlink, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../model/problem.ts';
import { absentIsNull, exists, idsOf, putFile, textOf } from './files.ts';
import * as places from './places.ts';
import { ask, lastLines, launch, must } from './program.ts';
import { resolved } from './program-copy.ts';
import { hasSystemd } from './system-service.ts';

export type OurProcess = 'hub' | 'worker';

const program = `${places.programLink}/src/main.ts`;
const node = `${places.programLink}/node_modules/.bin/node`;
export const logOf = (name: OurProcess): string => `${places.logDirectory}/${name}.log`;
const unitOf = (name: OurProcess): string => `aegir-${name}.service`;

/** The process ids: found by user and command line, so that there is no pid file that could name somebody else's. */
export async function pidsOf(name: OurProcess): Promise<readonly number[]> {
  const { uid } = await idsOf({ user: places.user, group: places.user }).catch(noUser);
  const pids: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const owner = await stat(`/proc/${entry}`).catch(absentIsNull);
    if (owner?.uid !== uid) continue;
    const words = (await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (words[1] === program && words[2] === name) pids.push(Number(entry));
  }
  return pids;
}

function noUser(error: unknown): { uid: number } {
  if (error instanceof Problem && error.code === 'not-found') return { uid: -1 };
  throw error;
}

/** Runs, with the program and the settings as they are now. */
export async function isCurrent(name: OurProcess): Promise<boolean> {
  const [pid] = await pidsOf(name);
  if (pid === undefined) return false;
  // They are started in the directory of their copy, so the link they were started through may have moved since.
  const directory = await readlink(`/proc/${pid}/cwd`).catch(absentIsNull);
  const started = await stat(`/proc/${pid}`).catch(absentIsNull);
  const settings = await stat(places.environmentFile);
  return directory === (await resolved(places.programLink)) && started !== null && started.mtimeMs >= settings.mtimeMs;
}

/** Says whether it had to be started, or started anew. */
export async function ensureOurs(name: OurProcess): Promise<boolean> {
  const unitIsNew = (await hasSystemd()) && (await putUnit(name));
  if (!unitIsNew && (await isCurrent(name))) return false;
  await stopOurs(name);
  if (await hasSystemd())
    await must(['systemctl', 'enable', '--now', unitOf(name)], `Try: journalctl -u ${unitOf(name)}`);
  else await startDirectly(name);
  return true;
}

const stopSeconds = 40;

/** Asks it to end, and ends it if it does not: a task that is cut off is taken over by the next worker. Says whether it ran. */
export async function stopOurs(name: OurProcess): Promise<boolean> {
  const pids = await pidsOf(name);
  if (await hasSystemd())
    await ask(['systemctl', 'disable', '--now', unitOf(name)], { timeoutMs: (stopSeconds + 20) * 1000 });
  signal(await pidsOf(name), 'SIGTERM');
  for (let waitedMs = 0; (await pidsOf(name)).length > 0; waitedMs += 100) {
    if (waitedMs >= stopSeconds * 1000) signal(await pidsOf(name), 'SIGKILL');
    await sleep(100);
  }
  return pids.length > 0;
}

function signal(pids: readonly number[], name: 'SIGTERM' | 'SIGKILL'): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // It ended by itself: what process.kill throws.
    }
  }
}

async function startDirectly(name: OurProcess): Promise<void> {
  const { gid } = await idsOf({ user: 'root', group: places.user });
  const log = await open(logOf(name), 'a', 0o640);
  try {
    await log.chown(0, gid);
    const as = ['setpriv', `--reuid=${places.user}`, `--regid=${places.user}`, '--init-groups'] as const;
    await launch(
      [...as, node, program, name],
      log.fd,
      await environment(),
      (await resolved(places.programLink)) ?? '/',
    );
  } finally {
    await log.close();
  }
}

/** What systemd reads too: lines of NAME=value. */
async function environment(): Promise<Record<string, string>> {
  const lines = ((await textOf(places.environmentFile)) ?? '').split('\n').filter((line) => /^[A-Z_]+=/.test(line));
  const given = lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: places.root,
    USER: places.user,
    LANG: 'C.UTF-8',
    ...Object.fromEntries(given),
  };
}

/** The end of what it said, for a message about why it is not there: without the lines that only a programmer needs. */
export async function lastWordsOf(name: OurProcess): Promise<string> {
  const all = (await hasSystemd())
    ? (await ask(['journalctl', '-u', unitOf(name), '-n', '40', '-o', 'cat'])).stdout
    : ((await textOf(logOf(name))) ?? '');
  const words = all.split('\n').filter((line) => !/^\s+at |^\s*$|^Node\.js v/.test(line));
  return lastLines(words.join('\n'), 8);
}

const waitForSocket = `ExecStartPre=-/usr/bin/timeout 30 /bin/sh -c 'until [ -S ${places.hubSocket} ]; do sleep 0.1; done'
`;

/**
 * What the hub can do without. Not for the worker: it asks sudo for a few commands, and most of these forbid that; what
 * it may do is decided by the sudoers file. JavaScript is compiled as it runs, so no MemoryDenyWriteExecute.
 */
const hubHardening = `NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=full
ProtectHome=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
PrivateDevices=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
LockPersonality=yes
SystemCallArchitectures=native
`;

/**
 * The hub starts its database, which is to go on when the hub is started anew: hence KillMode=process. What a worker
 * leaves running must end with it, because another one takes over: so it waits a while for the hub to start the database.
 */
async function putUnit(name: OurProcess): Promise<boolean> {
  const text = `# Written by ./up of Aegir.
[Unit]
Description=Aegir ${name}
After=network.target${name === 'worker' ? ' aegir-hub.service\nWants=aegir-hub.service' : ''}

[Service]
User=${places.user}
Group=${places.user}
EnvironmentFile=${places.environmentFile}
WorkingDirectory=${places.programLink}
${name === 'worker' ? waitForSocket : ''}ExecStart=${node} ${program} ${name}
Restart=always
RestartSec=1
TimeoutStopSec=${stopSeconds}
KillMode=${name === 'hub' ? 'process' : 'mixed'}
RuntimeDirectory=aegir
RuntimeDirectoryMode=0750
RuntimeDirectoryPreserve=yes
${name === 'hub' ? hubHardening : ''}
[Install]
WantedBy=multi-user.target
`;
  const changed = await putFile(`/etc/systemd/system/${unitOf(name)}`, text, { mode: 0o644 });
  if (changed) await must(['systemctl', 'daemon-reload'], 'Try: systemctl daemon-reload');
  return changed;
}

export const isInstalled = (): Promise<boolean> => exists(program);
