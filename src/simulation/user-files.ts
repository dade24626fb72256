import { posix } from 'node:path';
import { isBelow, parentOf } from '../machine/matches.ts';
import type { MemoryFile, MemoryWorld } from '../machine/memory-world.ts';

/** That a simulated program ends with a complaint. */
export class Refused extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

const words = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  EPERM: 'Operation not permitted',
  EISDIR: 'Is a directory',
  ENOTDIR: 'Not a directory',
  EEXIST: 'File exists',
  ENOSPC: 'No space left on device',
  ELOOP: 'Too many levels of symbolic links',
} as const;

/** What the system says no to; `message` is its words. */
export class No extends Refused {
  readonly code: keyof typeof words;
  constructor(code: keyof typeof words) {
    super(words[code]);
    this.code = code;
  }
}

/** Does it, and says what was to be done where the system says no: 'x.tar: Cannot open: Permission denied'. */
export function trying<Result>(what: string, act: () => Result, exitCode = 1): Result {
  try {
    return act();
  } catch (error) {
    throw error instanceof No ? new Refused(`${what}: ${error.message}`, exitCode) : error;
  }
}

/** Who belongs to which groups on every simulated server; a user who is not here only to the one of its own name. */
const groups: Readonly<Record<string, readonly string[]>> = { aegir: ['aegir', 'www-data'] };

export type Owned = Pick<MemoryFile, 'mode' | 'owner' | 'group'>;

const links = 40;
export const bits = (mode: string): number => Number.parseInt(mode, 8);
export const modeText = (mode: number): string => `0${mode.toString(8).padStart(3, '0')}`;
const setGroup = 0o2000;
export const umask = 0o022;

/**
 * The files of a world as one user sees them from a directory, with the rules of the system: modes count, what is made belongs
 * to who made it and, in a directory with the set-group bit, to its group. Throws `No`.
 */
export class UserFiles {
  readonly world: MemoryWorld;
  readonly user: string;
  readonly #cwd: string;

  constructor(world: MemoryWorld, user: string, cwd = '/') {
    this.world = world;
    this.user = user;
    this.#cwd = cwd;
  }

  /** As seen from another directory. */
  in(directory: string): UserFiles {
    const cwd = this.path(directory, 'follow');
    if (this.world.get(cwd)?.kind !== 'directory') throw new No(this.world.get(cwd) ? 'ENOTDIR' : 'ENOENT');
    return new UserFiles(this.world, this.user, cwd);
  }

  /** Where a path as it was written leads, links on the way followed; the last part too if wanted. */
  path(written: string, last: 'follow' | 'keep' = 'keep'): string {
    let left = posix
      .resolve(this.#cwd, written)
      .split('/')
      .filter((part) => part !== '');
    let path = '/';
    for (let followed = 0; left.length > 0; ) {
      const [name = '', ...rest] = left;
      const here = this.world.get(path);
      if (here && here.kind !== 'directory') throw new No('ENOTDIR');
      if (here && !this.may(here, 'x')) throw new No('EACCES');
      const next = posix.join(path, name);
      const file = this.world.get(next);
      left = rest;
      if (file?.kind === 'link' && (rest.length > 0 || last === 'follow')) {
        if (++followed > links) throw new No('ELOOP');
        left = [
          ...posix
            .resolve(path, file.text)
            .split('/')
            .filter((part) => part !== ''),
          ...rest,
        ];
        path = '/';
      } else path = next;
    }
    return path;
  }

  /** Links are not followed. */
  look(written: string): MemoryFile | undefined {
    return this.world.get(this.path(written));
  }

  text(written: string): string {
    const file = this.world.get(this.path(written, 'follow'));
    if (!file) throw new No('ENOENT');
    if (file.kind === 'directory') throw new No('EISDIR');
    if (!this.may(file, 'r')) throw new No('EACCES');
    return file.text;
  }

  /** The names in a directory, in their order. */
  names(written: string): readonly string[] {
    const path = this.path(written);
    const directory = this.world.get(path);
    if (!directory) throw new No('ENOENT');
    if (directory.kind !== 'directory') throw new No('ENOTDIR');
    if (!this.may(directory, 'r')) throw new No('EACCES');
    const start = path === '/' ? 1 : path.length + 1;
    const below = [...this.world.files.keys()].filter((key) => isBelow(key, path) && !key.includes('/', start));
    return below.map((key) => key.slice(start)).toSorted();
  }

  /** Writes into the file that is there, or makes one. */
  write(written: string, text: string): void {
    const path = this.path(written, 'follow');
    const old = this.world.get(path);
    if (old?.kind === 'directory') throw new No('EISDIR');
    if (old && !this.may(old, 'w')) throw new No('EACCES');
    if (old && this.world.diskIsFull) throw new No('ENOSPC');
    if (old) this.world.put(path, text, { mode: old.mode, owner: old.owner, group: old.group });
    else this.make(path, { kind: 'file', text, mode: modeText(0o666 & ~umask) });
  }

  /** Makes what is not there yet. */
  make(written: string, { kind, text, mode }: Pick<MemoryFile, 'kind' | 'text' | 'mode'>): void {
    const path = this.path(written);
    const above = this.#changeable(path);
    if (this.world.get(path)) throw new No('EEXIST');
    if (this.world.diskIsFull) throw new No('ENOSPC');
    const inherits = (bits(above.mode) & setGroup) !== 0;
    const group = inherits ? above.group : this.user;
    const whole = modeText(bits(mode) | (inherits && kind === 'directory' ? setGroup : 0));
    this.world.put(path, text, { kind, mode: whole, owner: this.user, group });
  }

  /** Sets the mode; of a file that is somebody else's it may not. */
  chmod(written: string, mode: number): void {
    const { path, file } = this.#mine(written);
    // Who is not of the file's group may not have programs run as it.
    const kept = this.#isOf(file.group) ? mode : mode & ~setGroup;
    this.world.put(path, file.text, { ...file, mode: modeText(kept) });
  }

  /** Only root gives away, others only to a group of theirs. Takes set-user and set-group bits of a file away. */
  chown(written: string, owner: string, group: string): void {
    const { path, file } = this.#mine(written);
    const isRoot = this.user === 'root';
    if (!isRoot && (owner !== file.owner || !(this.#isOf(group) || group === file.group))) throw new No('EPERM');
    const mode = file.kind === 'file' && !isRoot ? modeText(bits(file.mode) & 0o1777) : file.mode;
    this.world.put(path, file.text, { ...file, owner, group, mode });
  }

  touch(written: string, modifiedMs: number): void {
    const { path, file } = this.#mine(written);
    this.world.put(path, file.text, { ...file, modifiedMs });
  }

  /** With everything below. */
  remove(written: string): void {
    const path = this.path(written);
    if (!this.world.get(path)) throw new No('ENOENT');
    if (this.world.get(path)?.kind === 'directory') for (const name of this.names(path)) this.remove(`${path}/${name}`);
    this.#changeable(path);
    this.world.remove(path);
  }

  may({ mode, owner, group }: Owned, wanted: 'r' | 'w' | 'x'): boolean {
    if (this.user === 'root') return true;
    const whose = owner === this.user ? 6 : this.#isOf(group) ? 3 : 0;
    return ((bits(mode) >> whose) & { r: 4, w: 2, x: 1 }[wanted]) !== 0;
  }

  #isOf(group: string): boolean {
    return this.user === 'root' || (groups[this.user] ?? [this.user]).includes(group);
  }

  #mine(written: string): { readonly path: string; readonly file: MemoryFile } {
    const path = this.path(written);
    const file = this.world.get(path);
    if (!file) throw new No('ENOENT');
    if (this.user !== 'root' && file.owner !== this.user) throw new No('EPERM');
    return { path, file };
  }

  /** The directory that something in it is made in or removed from. */
  #changeable(path: string): MemoryFile {
    const above = this.world.get(parentOf(path));
    if (!above) throw new No('ENOENT');
    if (above.kind !== 'directory') throw new No('ENOTDIR');
    if (!this.may(above, 'w') || !this.may(above, 'x')) throw new No('EACCES');
    return above;
  }
}
