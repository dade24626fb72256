import type { Compared, Side } from '../model/drift.ts';
import type { Log } from '../model/event.ts';
import type { Secret } from '../model/secret.ts';
import { type Command, show } from './command.ts';
import { fault, mustBeAbsolute, mustBeAscii } from './fault.ts';
import type { Ends, FileMode, FileStat, Find, Look, Machine, Output, Pipe, Piped, Pretending } from './machine.ts';
import { isBelow, isFound, parentOf } from './matches.ts';
import { numbersOf } from './memory-pipe.ts';
import { showPipe } from './pipe.ts';
import { reveal } from './scrub.ts';

/** A change that was pretended. The last one that speaks of a path decides what is there. */
type Pretended =
  | { readonly type: 'put'; readonly stat: FileStat; readonly text: string }
  | { readonly type: 'remove'; readonly path: string }
  | { readonly type: 'move'; readonly from: string; readonly to: string };

const within = (path: string, root: string): boolean => path === root || isBelow(path, root);

/** A machine that looks and does not touch: it says what it would do, and shows its callers the world as it would be then. */
export class DryMachine implements Pretending {
  readonly name: string;
  readonly #real: Machine;
  readonly #log: Log;
  readonly #pretended: Pretended[] = [];
  /** Texts of the real server as they were read last: what is to be written was made of them, whoever writes there meanwhile. */
  readonly #texts = new Map<string, string>();
  readonly #secret = new Set<string>();
  readonly #rewritten: Compared[] = [];

  constructor(real: Machine, log: Log) {
    this.name = real.name;
    this.#real = real;
    this.#log = log;
  }

  /** A command that only looks sees the real server, without what was pretended. */
  async run(command: Command): Promise<Output> {
    if (command.effect === 'reads') return this.#judged(command, await this.#real.run(command));
    await this.#real.stat('/'); // Refuses when the claim is lost.
    await this.#would(`run ${show(command)}`);
    if (command.rewrites) {
      const { what, before, after } = command.rewrites;
      const side = (text: string): Side => ({ text, rights: null });
      this.#rewritten.push({ what: `${what} of ${this.name}`, is: side(before), should: side(after), isSecret: false });
    }
    const exitCode = command.allow.includes(0) ? 0 : (command.allow[0] ?? 0);
    return { exitCode, stdout: command.dryStdout ?? '', stderr: '' };
  }

  /** Where it would change something, what it would write is what the last one says it would (`dryStdout`). */
  async pipe(pipe: Pipe, ends: Ends = {}): Promise<Piped> {
    const { commands, to } = pipe;
    if (!to && commands.every(({ effect }) => effect === 'reads')) return this.#real.pipe(pipe, ends);
    const stdout = commands.at(-1)?.dryStdout ?? '';
    // Read to its end: who gives it waits for that.
    if (ends.input) for await (const _ of ends.input);
    if (!to) {
      await this.#real.stat('/'); // Refuses when the claim is lost.
      await this.#would(`run ${showPipe(pipe)}`);
      ends.output?.write(stdout);
      return { stdout: ends.output ? '' : stdout, ...numbersOf(stdout) };
    }
    const old = await this.#mayWrite(to.path);
    await this.#would(`run ${showPipe(pipe)}`);
    const before = to.append && old ? ((await this.read(to.path)) ?? '') : '';
    const gap = '\0'.repeat(to.gapBytes ?? 0);
    this.#put(to.path, 'file', { mode: to.mode }, old, before + gap + stdout);
    return { stdout: '', ...numbersOf(stdout) };
  }

  read(path: string): Promise<string | null> {
    mustBeAbsolute(path);
    return this.#read(path, this.#pretended.length);
  }

  async readMany(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const touched = paths.filter((path) => this.#isTouched(path));
    const texts = new Map(await this.#real.readMany(paths.filter((path) => !this.#isTouched(path))));
    for (const [path, text] of texts) this.#texts.set(path, text);
    for (const path of touched) {
      const text = await this.read(path);
      if (text !== null) texts.set(path, text);
    }
    return texts;
  }

  stat(path: string): Promise<FileStat | null> {
    mustBeAbsolute(path);
    return this.#stat(path, this.#pretended.length);
  }

  async statMany(paths: readonly string[], look: Look = {}): Promise<ReadonlyMap<string, FileStat>> {
    const untouched = paths.filter((path) => !this.#isTouched(path));
    const stats = new Map(await this.#real.statMany(untouched, look));
    for (const path of paths) {
      const stat = this.#isTouched(path) ? await this.stat(path) : null;
      if (stat) stats.set(path, stat);
    }
    return stats;
  }

  async find(path: string, find: Find): Promise<readonly FileStat[]> {
    mustBeAbsolute(path);
    if (this.#pretended.length === 0) return this.#real.find(path, find);
    if ((await this.stat(path))?.kind !== 'directory') return [];
    const all = await this.#find(path, this.#pretended.length, find);
    return all.filter((stat) => isFound(path, stat, find));
  }

  async write(path: string, text: string | Secret, mode: FileMode): Promise<void> {
    const old = await this.#mayWrite(path);
    await this.#would(`${old ? 'rewrite' : 'write'} ${path}`);
    if (mode.hidden) this.#secret.add(path);
    this.#put(path, 'file', mode, old, reveal(text));
  }

  /** Of a file that was pretended to be written only the part that is known can be written over. */
  async writeAt(path: string, offsetBytes: number, text: string): Promise<void> {
    mustBeAscii(text);
    const old = await this.stat(path);
    if (old?.kind !== 'file') throw fault(this.name, 'write over', path, old ? 'EISDIR' : 'ENOENT');
    await this.#would(`write over ${text.length} bytes of ${path}`);
    const bytes = Buffer.from((await this.read(path)) ?? '');
    bytes.write(text, Math.min(offsetBytes, bytes.length));
    this.#put(path, 'file', old, old, bytes.toString());
  }

  async makeDirectory(path: string, mode: FileMode): Promise<void> {
    const old = await this.stat(path);
    if (old && old.kind !== 'directory')
      throw fault(this.name, 'make directory', path, old.kind === 'link' ? 'ELOOP' : 'ENOTDIR');
    await this.#would(old ? `set ${path} to ${mode.mode}${mode.group ? ` ${mode.group}` : ''}` : `make ${path}`);
    const parents: string[] = [];
    for (let above = parentOf(path); !(await this.stat(above)); above = parentOf(above)) parents.unshift(above);
    for (const above of parents) this.#put(above, 'directory', { mode: '0755' }, null);
    this.#put(path, 'directory', mode, old);
  }

  async move(from: string, to: string): Promise<void> {
    const refuse = (code: string) => fault(this.name, `move ${from} to`, to, code);
    const [source, target, parent] = [await this.stat(from), await this.stat(to), await this.stat(parentOf(to))];
    if (!source || parent?.kind !== 'directory') throw refuse('ENOENT');
    if (target && (target.kind === 'directory') !== (source.kind === 'directory'))
      throw refuse(target.kind === 'directory' ? 'EISDIR' : 'ENOTDIR');
    if (target?.kind === 'directory' && (await this.find(to, { depthMax: 1 })).length > 0) throw refuse('ENOTEMPTY');
    await this.#would(`move ${from} to ${to}`);
    if (from !== to) this.#pretended.push({ type: 'move', from, to });
  }

  async remove(path: string): Promise<void> {
    if (path === '/') throw new TypeError('nobody may remove /');
    if (!(await this.stat(path))) return;
    await this.#would(`remove ${path}`);
    this.#pretended.push({ type: 'remove', path });
  }

  /** Nothing is changed, so nobody needs to wait for us. */
  async exclusively<T>(path: string, action: () => Promise<T>): Promise<T> {
    await this.#real.stat(path); // Refuses when the claim is lost.
    return action();
  }

  async differences(): Promise<readonly Compared[]> {
    const paths = this.#pretended.flatMap((change) => {
      if (change.type === 'put') return [change.stat.path];
      return change.type === 'remove' ? [change.path] : [change.from, change.to];
    });
    const all = [...this.#rewritten];
    for (const what of new Set(paths)) {
      const is = sideOf(await this.#real.stat(what), async () => this.#texts.get(what) ?? this.#real.read(what));
      const should = sideOf(await this.stat(what), () => this.read(what));
      const compared = { what, is: await is, should: await should, isSecret: this.#secret.has(what) };
      if (JSON.stringify(compared.is) !== JSON.stringify(compared.should)) all.push(compared);
    }
    return all;
  }

  /** What a program says of files, where it judged some that are only pretended to be otherwise. */
  #judged(command: Command, output: Output): Output {
    if (!command.judgesFiles || output.exitCode === 0) return output;
    const said = output.stdout + output.stderr;
    const isOfOurs = this.#pretended.some((change) => change.type === 'put' && said.includes(change.stat.path));
    return isOfOurs ? { exitCode: 0, stdout: '', stderr: '' } : output;
  }

  /** Where `path` stood before the last `count` changes: what was put there, a real path, or nothing. */
  #before(path: string, count: number): Extract<Pretended, { type: 'put' }> | string | null {
    let now = path;
    for (const change of this.#pretended.slice(0, count).toReversed()) {
      if (change.type === 'put' && change.stat.path === now) return change;
      if (change.type === 'remove' && within(now, change.path)) return null;
      if (change.type !== 'move') continue;
      if (within(now, change.to)) now = change.from + now.slice(change.to.length);
      else if (within(now, change.from)) return null;
    }
    return now;
  }

  async #read(path: string, count: number): Promise<string | null> {
    const found = this.#before(path, count);
    if (found === null) return null;
    if (typeof found === 'string') {
      const text = await this.#real.read(found);
      if (text !== null) this.#texts.set(found, text);
      return text;
    }
    if (found.stat.kind === 'directory') throw fault(this.name, 'read', path, 'EISDIR');
    return found.text;
  }

  async #stat(path: string, count: number): Promise<FileStat | null> {
    const found = this.#before(path, count);
    if (found === null) return null;
    const stat = typeof found === 'string' ? await this.#real.stat(found) : found.stat;
    return stat && { ...stat, path };
  }

  /** All below `path` as of the first `count` changes. */
  async #find(path: string, count: number, look: Look): Promise<readonly FileStat[]> {
    const change = this.#pretended[count - 1];
    if (!change) return this.#real.find(path, { follow: look.follow === true });
    const earlier = (root: string) => this.#find(root, count - 1, look);
    if (change.type === 'put') {
      const rest = (await earlier(path)).filter((stat) => stat.path !== change.stat.path);
      return isBelow(change.stat.path, path) ? [...rest, change.stat] : rest;
    }
    if (change.type === 'remove')
      return within(path, change.path) ? [] : (await earlier(path)).filter((stat) => !within(stat.path, change.path));
    const { from, to } = change;
    const moved = (stat: FileStat): FileStat => ({ ...stat, path: to + stat.path.slice(from.length) });
    if (within(path, to)) return (await earlier(from + path.slice(to.length))).map(moved);
    if (within(path, from)) return [];
    const rest = (await earlier(path)).filter((stat) => !within(stat.path, from) && !within(stat.path, to));
    if (!isBelow(to, path)) return rest;
    const top = await this.#stat(from, count - 1);
    return [...rest, ...[...(top ? [top] : []), ...(await earlier(from))].map(moved)];
  }

  /** What is there now. */
  async #mayWrite(path: string): Promise<FileStat | null> {
    const old = await this.stat(path);
    if ((await this.stat(parentOf(path)))?.kind !== 'directory') throw fault(this.name, 'write', path, 'ENOENT');
    if (old?.kind === 'directory') throw fault(this.name, 'write', path, 'EISDIR');
    return old;
  }

  #isTouched(path: string): boolean {
    return this.#before(path, this.#pretended.length) !== path;
  }

  #put(
    path: string,
    kind: FileStat['kind'],
    { mode, group }: { readonly mode: string; readonly group?: string },
    old: FileStat | null,
    text = '',
  ): void {
    const stat: FileStat = {
      path,
      kind,
      mode: `0${Number.parseInt(mode, 8).toString(8).padStart(3, '0')}`,
      owner: old?.owner ?? 'aegir',
      group: group ?? old?.group ?? 'aegir',
      sizeBytes: Buffer.byteLength(text),
      modifiedMs: Date.now(),
      changedMs: null,
    };
    this.#pretended.push({ type: 'put', stat, text });
  }

  async #would(what: string): Promise<void> {
    await this.#log.append({ type: 'changed', what: `would ${what}` });
  }
}

async function sideOf(stat: FileStat | null, read: () => Promise<string | null>): Promise<Side | null> {
  if (stat === null) return null;
  const mode = `0${Number.parseInt(stat.mode, 8).toString(8).padStart(3, '0')}`;
  return { text: stat.kind === 'file' ? await read() : null, rights: `${mode} ${stat.group}` };
}
