import { createHash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, isAbsent } from './fault.ts';
import type { FileMode, FileStat } from './machine.ts';
import { parentOf } from './matches.ts';
import { settled } from './settled.ts';

// These throw what node:fs throws; LocalMachine makes Problems of it.

export async function readText(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if (isAbsent(errorCode(error))) return null;
    throw error;
  });
}

/** `gid` -1 leaves the group as it is. A reader sees the old text or the new, with its mode and group. */
export async function writeText(path: string, text: string, mode: number, gid: number): Promise<void> {
  const fresh = await freshBeside(path);
  const file = await open(fresh, 'wx', 0o600);
  try {
    try {
      await file.writeFile(text);
      await own(file, mode, gid);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}

let written = 0;

/**
 * Hidden and with an ending of its own, so that no 'include *.conf' takes it for a file. It names the process that writes it:
 * what one that was killed has left of the same file is taken away here, by who does its work again.
 */
async function freshBeside(path: string): Promise<string> {
  const directory = parentOf(path);
  const mark = createHash('sha256').update(path).digest('base64url').slice(0, 12);
  const unfinished = new RegExp(`^\\.${mark}\\.(\\d+)-\\d+\\.new$`);
  for (const name of await readdir(directory)) {
    const pid = unfinished.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(directory, name), { force: true });
  }
  return join(directory, `.${mark}.${process.pid}-${written++}.new`);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) !== 'ESRCH'; // EPERM: it is another user's.
  }
}

/** Only bytes that are there: code 'EOUTSIDE' otherwise. */
export async function writeOver(path: string, offsetBytes: number, text: string): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW);
  try {
    const { size } = await file.stat();
    if (offsetBytes + text.length > size)
      throw Object.assign(new Error(`${path} has ${size} bytes`), { code: 'EOUTSIDE' });
    await file.write(text, offsetBytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The group first: changing it takes the set-group bit away. */
async function own(file: FileHandle, mode: number, gid: number): Promise<void> {
  if (gid >= 0) await file.chown(-1, gid);
  await file.chmod(mode);
}

/** A link is refused (ELOOP), as whoever owns the directory above could point it anywhere. */
export async function makeDirectory(path: string, mode: number, gid: number): Promise<void> {
  await makeParents(parentOf(path));
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    if (errorCode(error) !== 'EEXIST') throw error;
  });
  if ((await lstat(path)).isSymbolicLink()) throw Object.assign(new Error(`${path} is a link`), { code: 'ELOOP' });
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await own(directory, mode, gid);
  } finally {
    await directory.close();
  }
}

async function makeParents(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o755 });
  if (first === undefined) return;
  // Whatever the umask of this process is.
  for (let made = path; made.length >= first.length; made = parentOf(made)) {
    const directory = await open(made, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      await own(directory, 0o755, -1);
    } finally {
      await directory.close();
    }
  }
}

export function absentIsNull(error: unknown): null {
  if (isAbsent(errorCode(error))) return null;
  throw error;
}

/** The names of users and groups from /etc/passwd and /etc/group; a number without a name shows as the number. */
export class Names {
  #users: ReadonlyMap<number, string> = new Map();
  #groups: ReadonlyMap<number, string> = new Map();
  #readAtMs = Number.NEGATIVE_INFINITY;

  /** Reads them anew if that is longer ago than a minute, or now if something is missing. */
  async refresh(maxAgeMs = 60_000): Promise<void> {
    if (performance.now() - this.#readAtMs < maxAgeMs) return;
    [this.#users, this.#groups] = await Promise.all([namesIn('/etc/passwd'), namesIn('/etc/group')]);
    this.#readAtMs = performance.now();
  }

  async gid(group: string): Promise<number | undefined> {
    for (const maxAgeMs of [60_000, 0]) {
      await this.refresh(maxAgeMs);
      for (const [id, name] of this.#groups) if (name === group) return id;
    }
    return /^\d+$/.test(group) ? Number(group) : undefined;
  }

  stat(path: string, stats: Stats): FileStat {
    return {
      path,
      kind: kindOf(stats),
      mode: modeText(stats.mode),
      owner: this.#users.get(stats.uid) ?? String(stats.uid),
      group: this.#groups.get(stats.gid) ?? String(stats.gid),
      sizeBytes: stats.size,
      modifiedMs: Math.floor(stats.mtimeMs),
      changedMs: settled(stats.ctimeMs, Date.now()),
    };
  }
}

async function namesIn(path: string): Promise<ReadonlyMap<number, string>> {
  const rows = (await readFile(path, 'utf8')).split('\n').map((line) => line.split(':'));
  // The first one counts, as everywhere else.
  return new Map(rows.toReversed().flatMap(([name, , id]) => (name && id ? [[Number(id), name] as const] : [])));
}

function kindOf(stats: Stats): FileStat['kind'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'link' : 'other';
}

export const modeText = (mode: number): string => `0${(mode & 0o7777).toString(8).padStart(3, '0')}`;

export const modeNumber = ({ mode }: FileMode): number => Number.parseInt(mode, 8);
