import { randomBytes } from 'node:crypto';
import { Problem } from '../model/problem.ts';
import type { Secret } from '../model/secret.ts';
import { type Command, quote } from './command.ts';
import { environment } from './environment.ts';
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
import { Gate } from './gate.ts';
import type { Hands } from './hands.ts';
import { holding, start } from './local-run.ts';
import type { FileMode, FileStat, Find, Look, Machine, Output, Pipe, Piped } from './machine.ts';
import { parentOf } from './matches.ts';
import { pipeByScript } from './pipe.ts';
import { mayAct, reported, type Say, timeLeft } from './reported.ts';
import { reveal } from './scrub.ts';
import * as scripts from './ssh-scripts.ts';

export interface SshOptions {
  /** 'aegir@web1.example.com'. */
  readonly target: string;
  readonly port?: number;
  /** Only this key is offered. */
  readonly keyPath?: string;
  /** The far side must have one of the keys in this file. */
  readonly knownHostsPath?: string;
  /** The socket of the connection that all commands share, as ssh's ControlPath: '/run/aegir/ssh/%C'. Its directory must be there. */
  readonly controlPath: string;
  /** Commands at once over this connection, less than MaxSessions of the far side's sshd (10, if nobody raised it). */
  readonly sessionsMax?: number;
  /** The ssh program. */
  readonly program?: string;
}

/** By connection: all machines of this process that go to the same place share it. */
const gates = new Map<string, Gate>();

/** For connecting, on top of what the command may take. */
const connectMs = 10_000;
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
  readonly #options: SshOptions;
  readonly #gate: Gate;

  constructor(hands: Hands, options: SshOptions) {
    this.name = hands.name;
    this.#hands = hands;
    this.#options = options;
    const connection = `${options.target} ${options.port} ${options.controlPath}`;
    this.#gate = gates.get(connection) ?? new Gate(options.sessionsMax ?? 8);
    gates.set(connection, this.#gate);
  }

  async run(command: Command): Promise<Output> {
    mayAct(this.#hands);
    return reported(this.#hands, command, (say) => this.#start(command, say));
  }

  pipe(pipe: Pipe): Promise<Piped> {
    return pipeByScript(this.#hands, pipe, (command, say, name) => this.#start(command, say, name));
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
    const line = this.#line(['timeout', String((waitMs + timeLeft(this.#hands, lockHeldMaxMs)) / 1_000), ...flock]);
    const refusal = (exitCode: number, stderr: string): Problem =>
      this.#unreachable(exitCode, stderr) ?? lockRefused(this.name, path, exitCode, stderr, waitMs);
    return holding(this.#hands, line, refusal, action);
  }

  async #start(command: Command, say: Say, name = command.argv[0]): Promise<Output> {
    mayAct(this.#hands);
    return this.#gate.through(() => this.#startNow(command, say, name));
  }

  async #startNow(command: Command, say: Say, name: string): Promise<Output> {
    mayAct(this.#hands);
    // The far side keeps the time: ending our ssh would leave the program running over there.
    const farMs = timeLeft(this.#hands, command.timeoutMs);
    const bytes = Buffer.byteLength(reveal(command.stdin ?? ''));
    const args = [command.cwd ?? '', String(bytes), String(farMs / 1_000), ...command.argv];
    const argv = this.#line(['sh', '-c', scripts.run, 'sh', ...args]);
    const { cwd, ...rest } = command;
    const begun = performance.now();
    const hands = { ...this.#hands, remainingMs: undefined };
    const output = await start(hands, { ...rest, argv, timeoutMs: farMs + connectMs }, say, {
      name,
      stdin: 'stays open',
    });
    const killed = output.exitCode === 137 && performance.now() - begun >= farMs;
    const unreachable = this.#unreachable(output.exitCode, output.stderr);
    if (unreachable) throw unreachable;
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

  #unreachable(exitCode: number, stderr: string): Problem | undefined {
    if (exitCode !== scripts.sshFailed) return undefined;
    const changed = stderr.includes('HOST IDENTIFICATION HAS CHANGED');
    const { target, knownHostsPath = 'known_hosts' } = this.#options;
    return new Problem('server-unreachable', `cannot reach ${this.name}: ${stderr.trim()}`, {
      hint: changed
        ? `Somebody may be in between. Only if the server was set up anew: replace its key in ${knownHostsPath}.`
        : `Try 'ssh ${target} true' on the hub, as the user it runs as.`,
    });
  }

  #line(argv: readonly string[]): Command['argv'] {
    const { target, port, keyPath, knownHostsPath, controlPath, program = 'ssh' } = this.#options;
    const settings = {
      BatchMode: 'yes',
      ConnectTimeout: String(connectMs / 1_000),
      ServerAliveInterval: '15',
      ServerAliveCountMax: '3',
      ControlMaster: 'auto',
      ControlPersist: '60',
      ControlPath: controlPath,
      ...(port !== undefined && { Port: String(port) }),
      ...(keyPath !== undefined && { IdentityFile: keyPath, IdentitiesOnly: 'yes' }),
      ...(knownHostsPath !== undefined && { UserKnownHostsFile: knownHostsPath, StrictHostKeyChecking: 'yes' }),
    };
    const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
    const { PATH, LANG } = environment;
    const far = ['exec', 'env', '-i', `PATH=${PATH}`, `LANG=${LANG}`].join(' ');
    return [program, ...options, '-T', '--', target, `${far} HOME="$HOME" ${argv.map(quote).join(' ')}`];
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
