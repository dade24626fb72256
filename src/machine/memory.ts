import type { Secret } from '../model/secret.ts';
import { aegirUser } from '../model/sudoers.ts';
import { type Command, show } from './command.ts';
import { fault, lockBusy, lockWaitMs, mustBeAbsolute, mustBeAscii, noGroup } from './fault.ts';
import type { Hands } from './hands.ts';
import type { Ends, FileMode, FileStat, Find, Look, Machine, Output, Pipe, Piped } from './machine.ts';
import { isBelow, isFound, parentOf } from './matches.ts';
import { pipeInMemory } from './memory-pipe.ts';
import { behindSudo } from './memory-sudo.ts';
import { type MemoryFile, MemoryWorld, type Program } from './memory-world.ts';
import { reportedPipe, showPipe } from './pipe.ts';
import { mayAct, reported, timeLeft } from './reported.ts';
import { reveal } from './scrub.ts';

/** A server in memory: it behaves as the real ones do, as far as `machines.test.ts` looks. */
export class MemoryMachine implements Machine {
  readonly name: string;
  readonly world: MemoryWorld;
  readonly #hands: Hands;

  constructor(hands: Hands, world: MemoryWorld = new MemoryWorld()) {
    this.name = hands.name;
    this.world = world;
    this.#hands = hands;
  }

  async run(command: Command): Promise<Output> {
    mayAct(this.#hands);
    return reported(this.#hands, command, async (say) => {
      mayAct(this.#hands);
      this.world.ran.push(show(command));
      const output = await this.#execute(command);
      say('stdout', output.stdout);
      say('stderr', output.stderr);
      return output;
    });
  }

  /** One after the other, as all of them would end: each gets what the one before it said, however that ended. */
  async pipe(pipe: Pipe, ends: Ends = {}): Promise<Piped> {
    return reportedPipe(this.#hands, pipe, async (say) => {
      mayAct(this.#hands);
      this.world.ran.push(showPipe(pipe));
      const end = await pipeInMemory(this, pipe, ends, (command) => this.#execute(command));
      say('stdout', end.stdout);
      say('stderr', end.stderr);
      return end;
    });
  }

  async #execute(command: Command): Promise<Output> {
    const { cwd } = command;
    const isThere = cwd === undefined || this.world.files.has(cwd);
    if (!isThere) throw fault(this.name, 'work in', cwd, 'ENOENT');
    const { argv, program, user } = this.#program(command);
    const missing: Partial<Output> = { exitCode: 127, stderr: `${argv[0]}: not found` };
    const said = program ? await program({ ...command, argv }, this, user) : missing;
    return { exitCode: 0, stdout: '', stderr: '', ...said };
  }

  async read(path: string): Promise<string | null> {
    return this.#act([path], () => {
      if (this.world.get(path)?.kind === 'directory') throw fault(this.name, 'read', path, 'EISDIR');
      return this.world.text(path);
    });
  }

  async readMany(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const texts = await Promise.all(paths.map(async (path) => [path, await this.read(path)] as const));
    mayAct(this.#hands);
    return new Map(texts.flatMap(([path, text]) => (text === null ? [] : [[path, text] as const])));
  }

  async stat(path: string): Promise<FileStat | null> {
    return (await this.statMany([path])).get(path) ?? null;
  }

  async statMany(paths: readonly string[], { follow = false }: Look = {}): Promise<ReadonlyMap<string, FileStat>> {
    return this.#act(paths, () => {
      const found = paths.map((path) => [path, follow ? this.world.followed(path) : this.world.get(path)] as const);
      return new Map(found.flatMap(([path, file]) => (file ? [[path, statOf(path, file)] as const] : [])));
    });
  }

  async find(path: string, find: Find): Promise<readonly FileStat[]> {
    return this.#act([path], () =>
      [...this.world.below(path, find)]
        .map(([below, file]) => statOf(below, file))
        .filter((stat) => isFound(path, stat, find)),
    );
  }

  async write(path: string, text: string | Secret, { mode, group }: FileMode): Promise<void> {
    return this.#act([path], () => {
      this.#mustHaveParent('write', path);
      if (this.world.get(path)?.kind === 'directory') throw fault(this.name, 'write', path, 'EISDIR');
      this.#mustHaveGroup(group);
      this.#mustHaveSpace('write', path);
      this.world.put(path, reveal(text), { mode: plainMode(mode), ...(group !== undefined && { group }) });
    });
  }

  async writeAt(path: string, offsetBytes: number, text: string): Promise<void> {
    mustBeAscii(text);
    return this.#act([path], () => {
      const file = this.world.get(path);
      const refuse = (code: string) => fault(this.name, 'write over', path, code);
      if (!file) throw refuse('ENOENT');
      if (file.kind !== 'file') throw refuse(file.kind === 'directory' ? 'EISDIR' : 'ELOOP');
      const bytes = Buffer.from(file.text);
      if (offsetBytes + text.length > bytes.length) throw refuse('EOUTSIDE');
      bytes.write(text, offsetBytes);
      const { kind: _, text: __, modifiedMs: ___, ...owned } = file;
      this.world.put(path, bytes.toString(), owned);
    });
  }

  async makeDirectory(path: string, { mode, group }: FileMode): Promise<void> {
    return this.#act([path], () => {
      for (let above = path; above !== '/'; above = parentOf(above)) {
        const kind = this.world.get(above)?.kind ?? 'directory';
        if (kind === 'link') throw fault(this.name, 'make directory', path, 'ELOOP');
        if (kind !== 'directory') throw fault(this.name, 'make directory', path, 'ENOTDIR');
      }
      this.#mustHaveGroup(group);
      if (!this.world.get(path)) this.#mustHaveSpace('make directory', path);
      this.world.directory(path, { mode: plainMode(mode), ...(group !== undefined && { group }) });
    });
  }

  async move(from: string, to: string): Promise<void> {
    return this.#act([to, from], () => {
      const [source, target] = [this.world.get(from), this.world.get(to)];
      const refuse = (code: string) => fault(this.name, `move ${from} to`, to, code);
      if (!source) throw refuse('ENOENT');
      this.#mustHaveParent(`move ${from} to`, to);
      if (target?.kind === 'directory' && source.kind !== 'directory') throw refuse('EISDIR');
      if (target && target.kind !== 'directory' && source.kind === 'directory') throw refuse('ENOTDIR');
      const isFull = [...this.world.files.keys()].some((path) => isBelow(path, to));
      if (target?.kind === 'directory' && isFull) throw refuse('ENOTEMPTY');
      if (from !== to) this.world.move(from, to);
    });
  }

  async remove(path: string): Promise<void> {
    if (path === '/') throw new TypeError('nobody may remove /');
    return this.#act([path], () => this.world.remove(path));
  }

  async exclusively<T>(path: string, action: () => Promise<T>): Promise<T> {
    await this.#act([path], () => this.#mustHaveParent('lock', path));
    const waitMs = timeLeft(this.#hands, lockWaitMs);
    // In line: who came first is first, as a crowd that races could keep one waiting for ever.
    const before = this.world.locks.get(path);
    const { promise, resolve } = Promise.withResolvers<void>();
    const line = (before ?? Promise.resolve()).then(() => promise);
    this.world.locks.set(path, line);
    try {
      if (before) await this.#within(waitMs, before, () => lockBusy(this.name, path, waitMs));
      if (!this.world.get(path)) this.world.put(path, '');
      return await action();
    } finally {
      resolve();
      if (this.world.locks.get(path) === line) this.world.locks.delete(path);
    }
  }

  async #within(ms: number, wanted: Promise<void>, late: () => Error): Promise<void> {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(late()), ms);
    const lost = () => reject(this.#hands.claim.reason);
    this.#hands.claim.addEventListener('abort', lost, { once: true });
    try {
      await Promise.race([wanted, promise]);
      this.#hands.claim.throwIfAborted();
    } finally {
      clearTimeout(timer);
      this.#hands.claim.removeEventListener('abort', lost);
    }
  }

  /** By its own name, else behind sudo, else without the directory. */
  #program({ argv }: Command): {
    readonly argv: Command['argv'];
    readonly program: Program | undefined;
    readonly user: string;
  } {
    const { programs } = this.world;
    const known = programs.get(argv[0]);
    if (known) return { argv, program: known, user: aegirUser };
    const plain =
      argv[0] === 'sudo' ? behindSudo(argv, this.world.sudoIsFree) : { argv, user: aegirUser, program: undefined };
    if (plain.program) return { ...plain, program: plain.program };
    const [called] = plain.argv;
    return { ...plain, program: programs.get(called) ?? programs.get(called.replace(/^.*\//, '')) };
  }

  #mustHaveParent(doing: string, path: string): void {
    const kind = this.world.get(parentOf(path))?.kind;
    if (kind === undefined) throw fault(this.name, doing, path, 'ENOENT');
    if (kind !== 'directory') throw fault(this.name, doing, path, 'ENOTDIR');
  }

  #mustHaveGroup(group: string | undefined): void {
    if (group !== undefined && !this.world.groups.has(group)) throw noGroup(this.name, group);
  }

  #mustHaveSpace(doing: string, path: string): void {
    if (this.world.diskIsFull) throw fault(this.name, doing, path, 'ENOSPC');
  }

  async #act<T>(paths: readonly string[], action: () => T): Promise<T> {
    mustBeAbsolute(...paths);
    mayAct(this.#hands);
    return action();
  }
}

const statOf = (path: string, { text, ...file }: MemoryFile): FileStat => ({
  path,
  ...file,
  sizeBytes: Buffer.byteLength(text),
});

const plainMode = (mode: string): string => `0${Number.parseInt(mode, 8).toString(8).padStart(3, '0')}`;
