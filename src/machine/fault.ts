import { Problem } from '../model/problem.ts';

/** The system's words for what can go wrong with a file, by code: programs print them, whoever runs them must read them. */
const words = {
  ENOSPC: 'No space left on device',
  EDQUOT: 'Disk quota exceeded',
  EACCES: 'Permission denied',
  EPERM: 'Operation not permitted',
  EROFS: 'Read-only file system',
  ENOENT: 'No such file or directory',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  EEXIST: 'File exists',
  ENOTEMPTY: 'Directory not empty',
  EXDEV: 'Invalid cross-device link',
  ELOOP: 'Too many levels of symbolic links',
  ENAMETOOLONG: 'File name too long',
  EOUTSIDE: 'It is not that long', // Our own: of writing over bytes that are not there.
} as const;

export type FaultCode = keyof typeof words;

/** A failing file system in one sentence, with what to do about it. `doing` is a verb: 'write', 'remove'. */
export function fault(server: string, doing: string, path: string, code: string, cause?: unknown): Problem {
  // A code that is not in the table shows as itself.
  const because = words[code as FaultCode] ?? code;
  const more = { hint: hint(server, path, code), ...(cause !== undefined && { cause }) };
  return new Problem(
    isFull(code) ? 'disk-full' : 'command-failed',
    `cannot ${doing} ${path} on ${server}: ${because}`,
    more,
  );
}

export const isFull = (code: string | undefined): boolean => code === 'ENOSPC' || code === 'EDQUOT';

function hint(server: string, path: string, code: string): string | undefined {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `Free some space on ${server} (df -h and df -i show what is full), then run the task again.`;
    case 'EACCES':
    case 'EPERM':
      return `The user Aegir works as on ${server} must own ${path} or be allowed to write there: ls -ld shows who does.`;
    case 'EROFS':
      return `The file system is mounted read-only on ${server}: look at dmesg, it may be damaged.`;
    case 'ENOENT':
    case 'ENOTDIR':
      return `A directory above ${path} is missing: verify the server to make it.`;
    case 'EXDEV':
      return 'Both paths must be on one file system.';
    case 'ELOOP':
      return `${path} is a link. Links are not followed: name its target instead.`;
    default:
      return undefined;
  }
}

/** The code in what a program printed to stderr (in the C locale), if it is one of ours. */
export function faultCode(stderr: string): FaultCode | undefined {
  const entries = Object.entries(words) as [FaultCode, string][]; // Object.entries forgets the names of the keys.
  return entries.find(([, text]) => stderr.includes(text))?.[0];
}

/** The code of an error of node:fs. */
export function errorCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : String(error);
}

export const isAbsent = (code: string): boolean => code === 'ENOENT' || code === 'ENOTDIR';

export const noGroup = (server: string, group: string): Problem =>
  new Problem('command-failed', `there is no group '${group}' on ${server}`, {
    hint: `Make it there (groupadd ${group}), or give the server the name of the web server's group.`,
  });

/** Longer than any script of ours runs: a site that is put back waits for one that goes on without its worker. */
export const lockWaitMs = 4_200_000;
/** flock's exit code for "somebody else has it", chosen so that no other failure looks like it. */
export const lockTaken = 75;

export function lockRefused(server: string, path: string, exitCode: number, stderr: string, waitedMs: number): Problem {
  if (exitCode === lockTaken) return lockBusy(server, path, waitedMs);
  return fault(server, 'lock', path, faultCode(stderr) ?? (stderr.trim() || `flock ended with ${exitCode}`));
}

export const lockBusy = (server: string, path: string, waitedMs: number): Problem =>
  new Problem('timeout', `${path} on ${server} was in use by another task for ${Math.round(waitedMs / 1000)} s`, {
    hint: `Run the task again later. If nothing else is at work there, see who holds the file: fuser -v ${path}`,
  });

/** Paths come from our own code, so a bad one is a bug and not a Problem. */
export function mustBeAbsolute(...paths: readonly string[]): void {
  for (const path of paths)
    if (!path.startsWith('/') || path.includes('\0') || /(^|\/)\.\.?(\/|$)|.\/$/.test(path))
      throw new TypeError(`not an absolute path in its plain form: '${path}'`);
}

export function mustBeAscii(text: string): void {
  if (/[^\0-\x7f]/.test(text)) throw new TypeError('only ASCII is written over what is there');
}
