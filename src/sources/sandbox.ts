import { setTimeout as wait } from 'node:timers/promises';
import { anyExitCode, type Command, command } from '../machine/command.ts';
import type { Machine, Output } from '../machine/machine.ts';
import { diskOf } from '../machine/room.ts';
import { type BuildLimits, buildUser } from '../model/platform-source.ts';
import { Problem } from '../model/problem.ts';

/** A place in which somebody else's code may run. Its directory is the only one that it can write. */
export interface Sandbox {
  readonly machine: Machine;
  /** Below the server's `builds`, which belongs to the build user. Only one build at a time uses it. */
  readonly work: string;
  readonly limits: BuildLimits;
}

export interface Inside {
  readonly argv: readonly [string, ...string[]];
  /** False unless given: then it reaches no other program, on this server or another. */
  readonly network?: boolean;
  /** Paths of the server that it sees besides programs, read-only. */
  readonly sees?: readonly string[];
  readonly timeoutMs: number;
  /** Not logged, for lists that are long. */
  readonly quiet?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
}

const as = ['sudo', '-n', '-u', buildUser] as const;

/**
 * Runs a program as the build user in namespaces of its own (bubblewrap): it sees programs, certificates and its work
 * directory, an environment of ours and no other process. All it has started ends with it.
 * Throws Problem 'command-failed' with the end of what it said, 'timeout', 'too-large' or 'disk-full'.
 */
export async function inSandbox(sandbox: Sandbox, inside: Inside): Promise<Output> {
  const { machine } = sandbox;
  const begun = performance.now();
  const watch = new AbortController();
  const watching = watchSize(sandbox, watch.signal);
  try {
    const running = machine.run(sandboxed(sandbox, inside, [sandbox.work]));
    // While it is not told to end, the watch resolves for a problem only.
    const problem = await Promise.race([running.then(() => null), watching]);
    if (problem !== null) {
      await stopSandbox(sandbox);
      await running.catch(() => undefined); // It was stopped, and that is what is said.
      throw problem;
    }
    const output = await running;
    if (output.exitCode !== 0) throw failure(machine.name, inside, output, performance.now() - begun);
    return output;
  } finally {
    watch.abort();
    await watching;
  }
}

/** Ends what is left of an earlier build, makes its directory anew. */
export async function freshSandbox(sandbox: Sandbox): Promise<void> {
  await removeSandbox(sandbox);
  await atBuilds(sandbox, ['mkdir', sandbox.work, `${sandbox.work}/tmp`, `${sandbox.work}/home`]);
}

export async function removeSandbox(sandbox: Sandbox): Promise<void> {
  await stopSandbox(sandbox);
  if ((await sandbox.machine.stat(sandbox.work)) === null) return;
  // A directory that its owner may not enter is not removed by rm either.
  await atBuilds(sandbox, ['chmod', '-R', 'u+rwX', sandbox.work]);
  await atBuilds(sandbox, ['rm', '-rf', sandbox.work]);
}

const endMs = 20_000;

/** Ends every program that works in this directory: the namespace of processes dies with its first one. */
async function stopSandbox({ machine, work }: Sandbox): Promise<void> {
  // The slash keeps platform-4 apart from platform-42. Exit code 1: there was none.
  const pattern = `${work}/`;
  const run = { allow: [0, 1], timeoutMs: endMs };
  const { exitCode } = await machine.run({ ...command`${as} pkill -KILL -u ${buildUser} -f ${pattern}`, ...run });
  if (exitCode === 0) await machine.run({ ...command`${as} pidwait -u ${buildUser} -f ${pattern}`, ...run });
}

const shortMs = 10 * 60_000;
const builds = (work: string): string => work.slice(0, work.lastIndexOf('/'));

const atBuilds = async (sandbox: Sandbox, argv: Inside['argv']): Promise<void> => {
  const inside: Inside = { argv, timeoutMs: shortMs };
  const output = await sandbox.machine.run(sandboxed(sandbox, inside, [builds(sandbox.work)]));
  if (output.exitCode !== 0) throw failure(sandbox.machine.name, inside, output, 0);
};

/** Throws Problem 'command-failed' with what is missing, before anything is begun. */
export async function checkSandbox(sandbox: Sandbox): Promise<void> {
  const { machine, work } = sandbox;
  const cannot = (why: string, hint: string): Problem =>
    new Problem('command-failed', `code of others cannot be run safely on ${machine.name}: ${why}`, { hint });
  if ((await machine.stat(builds(work)))?.kind !== 'directory')
    throw cannot(`there is no directory ${builds(work)}`, './up makes it, and the user who owns it.');
  const tried = sandboxed(sandbox, { argv: ['true'], timeoutMs: 60_000 }, [builds(work)]);
  const { exitCode, stderr } = await machine.run({ ...tried, effect: 'reads', quiet: true });
  if (exitCode === 0) return;
  const said = stderr.trim().slice(-500);
  if (/unknown user/.test(said)) throw cannot(`there is no user ${buildUser}`, './up makes it.');
  if (/bwrap:? .*not found/.test(said))
    throw cannot('bubblewrap is missing', 'Run ./up, or: apt-get install bubblewrap');
  if (/^sudo: /m.test(said)) throw cannot(said, './up allows it in /etc/sudoers.d/aegir.');
  throw cannot(
    said,
    'It needs namespaces of users: in a container they must be allowed from outside; else see: sysctl kernel.unprivileged_userns_clone',
  );
}

/** More than enough for Composer, too few to keep the server from working. */
const processesMax = 1024;
const temporaryBytes = 256 * 1024 * 1024;
/** To find a name, a certificate, a program and its settings. */
const etc = [
  ...['ssl', 'ca-certificates', 'resolv.conf', 'hosts', 'host.conf', 'nsswitch.conf', 'gai.conf', 'services'],
  ...['protocols', 'passwd', 'group', 'localtime', 'alternatives', 'php', 'ld.so.cache'],
].map((name) => `/etc/${name}`);
const links = ['bin', 'sbin', 'lib', 'lib64'].flatMap((name) => ['--symlink', `usr/${name}`, `/${name}`]);

function sandboxed(
  { work, limits }: Sandbox,
  { argv, network, sees = [], timeoutMs, quiet, environment = {} }: Inside,
  writes: readonly string[],
): Command {
  const namespaces = ['--unshare-all', ...(network ? ['--share-net'] : []), '--unshare-user', '--disable-userns'];
  const mounts = [
    ...['--ro-bind', '/usr', '/usr', ...links, ...etc.flatMap((path) => ['--ro-bind-try', path, path])],
    ...['--proc', '/proc', '--dev', '/dev', '--size', `${temporaryBytes}`, '--tmpfs', '/tmp'],
    ...sees.flatMap((path) => ['--ro-bind', path, path]),
    ...writes.flatMap((path) => ['--bind', path, path]),
  ];
  const home = `${work}/home`;
  const all = { PATH: '/usr/local/bin:/usr/bin', LANG: 'C.UTF-8', HOME: home, TMPDIR: `${work}/tmp`, ...environment };
  const variables = ['--clearenv', ...Object.entries(all).flatMap(([name, value]) => ['--setenv', name, value])];
  const bwrap = [
    ...namespaces,
    '--die-with-parent',
    '--new-session',
    ...mounts,
    ...variables,
    '--chdir',
    writes[0] ?? '/',
  ];
  const limited = ['prlimit', '--core=0', `--nproc=${processesMax}`, `--fsize=${limits.bytesMax}`];
  // Sites go first: for the processor, and when memory runs out.
  const within = [...limited, 'choom', '-n', '1000', '--', 'nice', '-n', '10'];
  // It ends by itself: we may not end another user's program, and who waits for it may be gone.
  const seconds = Math.ceil(timeoutMs / 1_000);
  return {
    ...command`${as} bwrap ${bwrap} ${within} timeout --kill-after=5 ${seconds} ${argv}`,
    timeoutMs: timeoutMs + 15_000,
    allow: anyExitCode,
    ...(quiet !== undefined && { quiet }),
  };
}

function failure(
  server: string,
  { argv, timeoutMs }: Inside,
  { exitCode, stdout, stderr }: Output,
  tookMs: number,
): Problem {
  const [program] = argv;
  const said = (stderr.trim() || stdout.trim()).slice(-1_500);
  if (exitCode === 124 || (exitCode === 137 && tookMs >= timeoutMs))
    return new Problem('timeout', `${program} took longer than ${Math.round(timeoutMs / 1000)} s on ${server}`, {
      hint: 'See in the log what it did last.',
    });
  if (exitCode === 127)
    return new Problem('command-failed', `there is no ${program} on ${server}`, {
      hint: `Install it there: apt-get install ${packageOf[program] ?? program}`,
    });
  if (exitCode === 137)
    return new Problem('command-failed', `${program} was killed on ${server}`, {
      hint: 'If memory ran out there (see dmesg), give the server more of it, or build the code elsewhere and take an archive.',
    });
  return new Problem('command-failed', `${program} ended with ${exitCode} on ${server}: ${said}`, {
    hint: "The task's log has all that it said; --verbose shows it.",
  });
}

const packageOf: Readonly<Record<string, string>> = { bsdtar: 'libarchive-tools', sha256sum: 'coreutils' };

const lookEveryMs = 5_000;

/** Resolves with what is wrong, or with null when it is told to end. A single file is kept small by a limit of its own. */
async function watchSize(sandbox: Sandbox, end: AbortSignal): Promise<Problem | null> {
  while (!end.aborted) {
    await wait(lookEveryMs, undefined, { signal: end }).catch(() => undefined); // Aborting is how this wait is ended.
    if (end.aborted) return null;
    const problem = await grownTooLarge(sandbox);
    if (problem) return problem;
  }
  return null;
}

async function grownTooLarge(sandbox: Sandbox): Promise<Problem | null> {
  const { machine, work, limits } = sandbox;
  const { freeBytes } = await diskOf(machine, builds(work));
  if (freeBytes < freeBytesMin) return noSpace(machine.name, work);
  // Asked as the build user, so that nothing of it is hidden; what vanishes meanwhile gives exit code 1.
  const asked = sandboxed(sandbox, { argv: ['du', '-s', '--block-size=1', work], timeoutMs: 60_000, quiet: true }, [
    work,
  ]);
  const used = Number((await machine.run({ ...asked, effect: 'reads' })).stdout.split(/\s/)[0] ?? 0);
  return used > limits.bytesMax ? tooLarge(`what is built in ${work}`, limits) : null;
}

/** Sites write to the same disk: this much is always left to them. */
export const freeBytesMin = 512 * 1024 * 1024;

export const noSpace = (server: string, path: string): Problem =>
  new Problem('disk-full', `there is too little space left on ${server} to build at ${path}`, {
    hint: `Free some (df -h), then verify the platform again. ${freeBytesMin / 1024 / 1024} MiB are always left to the sites.`,
  });

export const tooLarge = (what: string, { bytesMax, filesMax }: BuildLimits): Problem =>
  new Problem('too-large', `${what} is larger than ${Math.round(bytesMax / 1024 / 1024)} MiB or ${filesMax} files`, {
    hint: 'If it is to be that large: aegir setting set platform.build-mib-max …, platform.build-files-max …',
  });
