import { randomBytes } from 'node:crypto';
import { Problem } from '../model/problem.ts';
import type { Secret } from '../model/secret.ts';
import type { Command } from './command.ts';
import {
  fault,
  faultCode,
  isAbsent,
  lockRefused,
  lockTaken,
  lockWaitMs,
  mustBeAbsolute,
  mustBeAscii,
  noGroup,
} from './fault.ts';
import { framed } from './frames.ts';
import type { Hands } from './hands.ts';
import { holding, start } from './local-run.ts';
import type { Ends, FileMode, FileStat, Find, Look, Machine, Output, Pipe, Piped } from './machine.ts';
import { parentOf } from './matches.ts';
import { pipeByScript } from './pipe.ts';
import { mayAct, reported, type Say, timeLeft } from './reported.ts';
import { reveal } from './scrub.ts';
import { connectMs, type SshConnection } from './ssh-connection.ts';
import * as scripts from './ssh-scripts.ts';
import { unreachable } from './ssh-unreachable.ts';

const filesMs = 600_000;
/** A lock ends with its connection; if that ends unseen, after this. */
const lockHeldMaxMs = 3_600_000;

/**
 * A server reached by the system's own ssh, over one shared connection. Everything is a constant script with arguments beside it,
 * so it needs nothing there but a POSIX shell, GNU coreutils, find, grep and flock.
 * A lost claim ends our ssh, and with that the program over there (scripts.run).
 */
export class SshMachine implements Machine {
  readonly name: string;
  readonly #hands: Hands;
  readonly #connection: () => SshConnection;

  /** `connection` is asked each time, as a task may pin other host keys. */
  constructor(hands: Hands, connection: () => SshConnection) {
    this.name = hands.name;
    this.#hands = hands;
    this.#connection = connection;
  }

  async run(command: Command): Promise<Output> {
    mayAct(this.#hands);
    return reported(this.#hands, command, (say) => this.#start(command, say));
  }

  pipe(pipe: Pipe, ends: Ends = {}): Promise<Piped> {
    return pipeByScript(this.#hands, pipe, ends, (command, say, name, through) =>
      this.#start(command, say, name, through),
    );
  }

  async read(path: string): Promise<string | null> {
    const said = await this.#files('read', path, ['sh', '-c', scripts.read, 'sh', path]);
    return said === null ? null : said.stdout;
  }

  async readMany(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
    mustBeAbsolute(...paths);
    mayAct(this.#hands);
    if (paths.length === 0) return new Map();
    const stdin = paths.map((path) => `${path}\0`).join('');
    const output = await this.#quiet({ argv: ['xargs', '-0', '-r', 'sh', '-c', scripts.readMany, 'sh'], stdin });
    const wrong = complaint(output, 'grep');
    if (wrong !== undefined) throw this.#fault('read', paths.join(', '), { ...output, stderr: wrong });
    return scripts.textsOf(output.stdout);
  }

  async stat(path: string): Promise<FileStat | null> {
    return (await this.statMany([path])).get(path) ?? null;
  }

  async statMany(paths: readonly string[], look: Look = {}): Promise<ReadonlyMap<string, FileStat>> {
    mustBeAbsolute(...paths);
    mayAct(this.#hands);
    if (paths.length === 0) return new Map();
    const stdin = paths.map((path) => `${path}\0`).join('');
    const script = ['sh', '-c', scripts.statMany, 'sh', scripts.linksAre(look)] as const;
    const output = await this.#quiet({ argv: ['xargs', '-0', '-r', ...script], stdin });
    const wrong = complaint(output, 'find', look);
    if (wrong !== undefined) throw this.#fault('look at', paths.join(', '), { ...output, stderr: wrong });
    return new Map(scripts.statsOf(output.stdout).map((stat) => [stat.path, stat]));
  }

  async find(path: string, find: Find): Promise<readonly FileStat[]> {
    mustBeAbsolute(path);
    const argv = ['sh', '-c', scripts.find, 'sh', scripts.linksAre(find), path, ...scripts.findArgs(find)] as const;
    const output = await this.#quiet({ argv });
    // What vanishes while find looks is left out, as it would be a moment later.
    const wrong = complaint(output, 'find', find);
    if (wrong !== undefined) throw this.#fault('search', path, { ...output, stderr: wrong });
    return scripts.statsOf(output.stdout);
  }

  async write(path: string, text: string | Secret, mode: FileMode): Promise<void> {
    const fresh = `${parentOf(path).replace(/\/$/, '')}/.${randomBytes(9).toString('base64url')}.new`;
    const bytes = String(Buffer.byteLength(reveal(text)));
    const args = [path, fresh, bytes, scripts.plainMode(mode), mode.group ?? ''];
    await this.#files('write', path, ['sh', '-c', scripts.write, 'sh', ...args], {
      stdin: text,
      absent: 'fails',
      mode,
    });
  }

  async writeAt(path: string, offsetBytes: number, text: string): Promise<void> {
    mustBeAscii(text);
    const argv = ['sh', '-c', scripts.writeAt, 'sh', path, String(offsetBytes), String(text.length)] as const;
    await this.#files('write over', path, argv, { stdin: text, absent: 'fails' });
  }

  async makeDirectory(path: string, mode: FileMode): Promise<void> {
    const args = [path, scripts.plainMode(mode), mode.group ?? ''];
    const argv = ['sh', '-c', scripts.makeDirectory, 'sh', ...args] as const;
    await this.#files('make directory', path, argv, { absent: 'fails', mode });
  }

  async move(from: string, to: string): Promise<void> {
    mustBeAbsolute(from);
    const argv = ['sh', '-c', scripts.move, 'sh', from, to, parentOf(to)] as const;
    await this.#files(`move ${from} to`, to, argv, { absent: 'fails' });
  }

  async remove(path: string): Promise<void> {
    if (path === '/') throw new TypeError('nobody may remove /');
    await this.#files('remove', path, ['rm', '-rf', '--', path]);
  }

  async exclusively<T>(path: string, action: () => Promise<T>): Promise<T> {
    mustBeAbsolute(path);
    const waitMs = timeLeft(this.#hands, lockWaitMs);
    const flock = ['flock', '-E', String(lockTaken), '-w', String(waitMs / 1_000), path, 'cat'];
    const words = ['timeout', String((waitMs + timeLeft(this.#hands, lockHeldMaxMs)) / 1_000), ...flock];
    const connection = await this.#ready();
    const refusal = (exitCode: number, stderr: string): Problem =>
      this.#unreachable(connection, exitCode, stderr) ?? lockRefused(this.name, path, exitCode, stderr, waitMs);
    return holding(this.#hands, connection.line(words), refusal, action);
  }

  async #start(command: Command, say: Say, name = command.argv[0], ends: Ends = {}): Promise<Output> {
    const connection = await this.#ready();
    return connection.gate.through(() => this.#startNow(connection, command, say, { name, ends }));
  }

  async #ready(): Promise<SshConnection> {
    mayAct(this.#hands);
    const connection = this.#connection();
    await connection.ready(this.#hands);
    return connection;
  }

  async #startNow(
    connection: SshConnection,
    command: Command,
    say: Say,
    { name, ends }: { readonly name: string; readonly ends: Ends },
  ): Promise<Output> {
    mayAct(this.#hands);
    // The far side keeps the time: ending our ssh would leave the program running over there.
    const farMs = timeLeft(this.#hands, command.timeoutMs);
    const bytes = ends.input ? scripts.framed : String(Buffer.byteLength(reveal(command.stdin ?? '')));
    const args = [command.cwd ?? '', bytes, String(farMs / 1_000), ...command.argv];
    const argv = connection.line(['sh', '-c', scripts.run, 'sh', ...args]);
    const { cwd, ...rest } = command;
    const begun = performance.now();
    const hands = { ...this.#hands, remainingMs: undefined };
    const output = await start(hands, { ...rest, argv, timeoutMs: farMs + connectMs }, say, {
      name,
      stdin: 'stays open',
      ends: { ...ends, ...(ends.input && { input: framed(ends.input) }) },
    });
    const killed = output.exitCode === 137 && performance.now() - begun >= farMs;
    const failure = this.#unreachable(connection, output.exitCode, output.stderr);
    if (failure) throw failure;
    if (output.exitCode === scripts.timedOut || killed)
      throw new Problem('timeout', `${name} took longer than ${farMs} ms on ${this.name}`, {
        hint: 'See in the log what it did last; give the task more time if it was only slow.',
      });
    if (output.exitCode === scripts.noDirectory && cwd !== undefined) throw fault(this.name, 'work in', cwd, 'ENOENT');
    return output.exitCode === scripts.programSaid255 ? { ...output, exitCode: 255 } : output;
  }

  /** Without a word in the log, as for files on this computer. Any exit code is an answer. */
  #quiet(what: Pick<Command, 'argv' | 'stdin'>): Promise<Output> {
    return this.#start({ ...what, timeoutMs: filesMs, allow: [], effect: 'changes' }, () => {});
  }

  /** null if it is not there and that is an answer. */
  async #files(
    doing: string,
    path: string,
    argv: Command['argv'] | readonly [string, ...string[]],
    more: { readonly stdin?: string | Secret; readonly absent?: 'fails'; readonly mode?: FileMode } = {},
  ): Promise<Output | null> {
    mustBeAbsolute(path);
    const { stdin, absent, mode } = more;
    const output = await this.#quiet({ argv: [...argv], ...(stdin !== undefined && { stdin }) });
    if (output.exitCode === 0) return output;
    if (mode?.group !== undefined && output.stderr.includes('invalid group')) throw noGroup(this.name, mode.group);
    if (absent !== 'fails' && isAbsent(faultCode(output.stderr) ?? '')) return null;
    throw this.#fault(doing, path, output);
  }

  #fault(doing: string, path: string, { stderr, exitCode }: Output): Problem {
    return fault(this.name, doing, path, faultCode(stderr) ?? (stderr.trim() || `exit code ${exitCode}`));
  }

  #unreachable(connection: SshConnection, exitCode: number, stderr: string): Problem | undefined {
    return connection.failed(exitCode) ? unreachable(this.name, connection.settings, stderr) : undefined;
  }
}

/**
 * What find or grep complained of, apart from what is absent, and from links in circles where links are followed.
 * ssh and the login shell may have words of their own in between.
 */
function complaint(
  { stderr, exitCode }: Output,
  program: 'find' | 'grep',
  { follow = false }: Look = {},
): string | undefined {
  const lines = stderr.split('\n').filter((line) => line.startsWith(`${program}: `));
  if (lines.length === 0 && exitCode !== 0) return stderr.trim() || `exit code ${exitCode}`;
  const isCircle = (line: string): boolean => follow && (/loop detected/.test(line) || faultCode(line) === 'ELOOP');
  return lines.find((line) => !isAbsent(faultCode(line) ?? '') && !isCircle(line));
}
