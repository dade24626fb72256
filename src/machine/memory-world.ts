import type { Command } from './command.ts';
import type { FileStat, Look, Machine, Output } from './machine.ts';
import { isBelow, parentOf } from './matches.ts';

/**
 * A program in memory, with the machine it is run on. It gets the command without `sudo` and its options, and as whom it runs:
 * 'aegir' unless sudo says otherwise. What it does not answer is exit code 0 and no output.
 */
export type Program = (
  command: Command,
  machine: Machine & { readonly world: MemoryWorld },
  user: string,
) => Partial<Output> | Promise<Partial<Output>>;

export interface MemoryFile {
  readonly kind: FileStat['kind'];
  /** As FileStat has it: '0644', '02770'. */
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  /** Of a link its target; of a directory ''. */
  readonly text: string;
  readonly modifiedMs: number;
  readonly changedMs: number;
}

/**
 * What is on a server in memory, apart from who works on it: several MemoryMachines may share one world,
 * as when a second worker takes over. Programs read and change it through `get` and `put`; people read `snapshot`.
 */
export class MemoryWorld {
  readonly files = new Map<string, MemoryFile>();
  /** By the name they are called by. */
  readonly programs = new Map<string, Program>();
  /** Every command that was run, as shown. */
  readonly ran: string[] = [];
  readonly groups = new Set(['root', 'aegir', 'www-data']);
  /** What else is part of the snapshot, by name: the databases of a simulated server. */
  readonly states = new Map<string, () => string>();
  /** What else belongs to a moment: each keeps its part and answers how to come back to it. */
  readonly keepers: (() => () => void)[] = [];
  /** Any program may be run as anybody, and not only what our sudoers file allows: for tests of the programs themselves. */
  sudoIsFree = false;
  /** While true every write finds the disk full. */
  diskIsFull = false;
  /** What df says, unless the disk is full. */
  freeBytes = 100 * 1024 ** 3;
  readonly locks = new Map<string, Promise<void>>();
  #nowMs = 0;
  #hasLinks = false;

  constructor() {
    this.#set('/', { kind: 'directory', mode: '0755', owner: 'root', group: 'root', text: '' });
  }

  get(path: string): MemoryFile | undefined {
    return this.files.get(path);
  }

  /** The text of a file or null, following links as reading does. */
  text(path: string): string | null {
    const file = this.followed(path);
    return file?.kind === 'file' ? file.text : null;
  }

  /** Puts a file there, and the directories above it if they are missing. */
  put(path: string, text: string, more: Partial<Omit<MemoryFile, 'text'>> = {}): void {
    this.directory(parentOf(path));
    this.#set(path, { kind: 'file', mode: '0644', owner: 'aegir', group: 'aegir', text, ...more });
  }

  directory(path: string, more: Partial<Pick<MemoryFile, 'mode' | 'owner' | 'group'>> = {}): void {
    if (this.files.has(path) && Object.keys(more).length === 0) return;
    if (path !== '/') this.directory(parentOf(path));
    const old = this.files.get(path) ?? { mode: '0755', owner: 'aegir', group: 'aegir' };
    this.#set(path, { ...old, kind: 'directory', text: '', ...more });
  }

  /** With everything below. */
  remove(path: string): void {
    if (this.files.has(path)) this.#touch(parentOf(path));
    for (const key of this.files.keys()) if (key === path || isBelow(key, path)) this.files.delete(key);
  }

  /** With everything below. */
  move(from: string, to: string): void {
    for (const [key, file] of [...this.files])
      if (key === from || isBelow(key, from)) {
        this.files.delete(key);
        this.files.set(to + key.slice(from.length), file);
      }
    for (const path of [parentOf(from), parentOf(to), to]) this.#touch(path);
  }

  /** All below `root` with their paths. Where links are followed, what they lead to stands in their place, and circles are left out. */
  *below(root: string, { follow = false }: Look = {}, above: readonly string[] = []): Generator<[string, MemoryFile]> {
    for (const [path, file] of this.files) {
      if (!isBelow(path, root)) continue;
      if (follow && file.kind === 'link') yield* this.#belowLink(path, file, [root, ...above]);
      else yield [path, file];
    }
  }

  *#belowLink(path: string, link: MemoryFile, above: readonly string[]): Generator<[string, MemoryFile]> {
    const target = this.#targetOf(path);
    if (target === null || above.some((one) => one === target || isBelow(one, target))) return;
    yield [path, this.files.get(target) ?? link];
    for (const [below, file] of this.below(target, { follow: true }, above))
      yield [path + below.slice(target.length), file];
  }

  /** As `get`, through links: undefined for what is not there and for circles. A link that leads nowhere is itself. */
  followed(path: string): MemoryFile | undefined {
    const target = this.#targetOf(path);
    return target === null ? undefined : (this.files.get(target) ?? this.files.get(path));
  }

  /** Where a path leads when each link in it is followed; null in circles. */
  #targetOf(path: string): string | null {
    if (!this.#hasLinks) return path;
    let at = path;
    for (let hops = 0; hops < linksMax; hops++) {
      const link = prefixes(at).find((prefix) => this.files.get(prefix)?.kind === 'link');
      if (link === undefined) return at;
      at = (this.files.get(link)?.text ?? '') + at.slice(link.length);
    }
    return null;
  }

  /** Keeps this moment; the world comes back to it, as often as the answer is called. Only while nobody is at work in it. */
  moment(): () => void {
    const [files, programs] = [new Map(this.files), new Map(this.programs)];
    const { diskIsFull, freeBytes } = this;
    const others = this.keepers.map((keep) => keep());
    return () => {
      this.files.clear();
      for (const [path, file] of files) this.files.set(path, file);
      // A test may have put something of its own before a program, or left one that never ends with a lock in its hands.
      this.programs.clear();
      for (const [called, program] of programs) this.programs.set(called, program);
      this.locks.clear();
      this.diskIsFull = diskIsFull;
      this.freeBytes = freeBytes;
      this.ran.length = 0;
      for (const comeBack of others) comeBack();
    };
  }

  /** All there is but the times, in a fixed order: two worlds are the same if their snapshots are. */
  snapshot(): string {
    const files = [...this.files].map(
      ([path, { kind, mode, owner, group, text }]) =>
        `${path} ${kind} ${mode} ${owner} ${group} ${JSON.stringify(text)}`,
    );
    const states = [...this.states].map(([name, state]) => `${name}: ${state()}`);
    return [...files.toSorted(), ...states.toSorted()].join('\n');
  }

  /** Time passes only when something is written without saying when. */
  #set(path: string, file: Omit<MemoryFile, 'modifiedMs' | 'changedMs'> & { readonly modifiedMs?: number }): void {
    const isNew = !this.files.has(path);
    this.#hasLinks ||= file.kind === 'link';
    const changedMs = ++this.#nowMs;
    this.files.set(path, { ...file, modifiedMs: file.modifiedMs ?? changedMs, changedMs });
    if (isNew && path !== '/') this.#touch(parentOf(path));
  }

  /** An entry came or went, or its own name changed. */
  #touch(path: string): void {
    const file = this.files.get(path);
    const nowMs = ++this.#nowMs;
    if (file)
      this.files.set(path, { ...file, ...(file.kind === 'directory' && { modifiedMs: nowMs }), changedMs: nowMs });
  }
}

/** As many as Linux follows. */
const linksMax = 40;

/** '/a', '/a/b', '/a/b/c'. */
const prefixes = (path: string): readonly string[] =>
  [...path.matchAll(/\/[^/]+/g)].map(({ index, 0: part }) => path.slice(0, index + part.length));
