import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Problem } from '../model/problem.ts';
import type { Command } from './command.ts';
import { environment } from './environment.ts';
import { errorCode, fault } from './fault.ts';
import type { Hands } from './hands.ts';
import { Held } from './held.ts';
import type { Ends, Output } from './machine.ts';
import { mayAct, type Say, timeLeft } from './reported.ts';
import { reveal } from './scrub.ts';

/** Who answers with more than this means a file, not an answer. */
const outputCharsMax = 64 * 1024 * 1024;
/** From asking a program to end to ending it. */
const graceMs = 2_000;
/** How long a program that has ended may leave its output open in somebody else's hands. */
const drainMs = 2_000;

interface StartOptions {
  /** What messages call it; the program unless given. */
  readonly name?: string;
  /** Its end is then only seen when the program is not wanted any more. */
  readonly stdin?: 'stays open';
  /** Of what goes out, the last line is kept for us: it is the answer of a pipe's script. */
  readonly ends?: Ends;
}

/**
 * Runs a program on this computer in a process group of its own, and resolves when it has ended, whatever its exit code.
 * A program that does not exist exits with 127, one that may not be run with 126, as in a shell; one killed by a signal with
 * 128 and its number.
 */
export async function start(
  hands: Hands,
  command: Command,
  say: Say,
  { name = command.argv[0], stdin, ends = {} }: StartOptions = {},
): Promise<Output> {
  mayAct(hands);
  const timeoutMs = timeLeft(hands, command.timeoutMs);
  const run = new Run(hands, command.argv, command.cwd, ends.output ? 'all of it' : 'soon');
  const kept = { stdout: [] as string[], stderr: [] as string[] };
  let chars = 0;
  run.listen(
    (stream, text) => {
      chars += text.length;
      if (chars > outputCharsMax) throw new Problem('command-failed', `${name} said more than 64 MiB on ${hands.name}`);
      kept[stream].push(text);
      say(stream, text);
    },
    ends.output ? ['stderr'] : undefined,
  );
  const last = ends.output ? run.carry(ends.output) : null;
  const timer = setTimeout(() => {
    const hint = 'See in the log what it did last; give the task more time if it was only slow.';
    run.stop(new Problem('timeout', `${name} took longer than ${timeoutMs} ms on ${hands.name}`, { hint }));
  }, timeoutMs);
  const keepOn = run.stopWhenLost();
  try {
    if (ends.input) run.feed(ends.input, stdin !== 'stays open');
    else run.child.stdin.write(reveal(command.stdin ?? ''));
    if (!ends.input && stdin !== 'stays open') run.child.stdin.end();
    const exitCode = await run.ended();
    if (last) kept.stdout.push(await last);
    if (exitCode === 127 && kept.stderr.length === 0) kept.stderr.push(`${command.argv[0]}: not found`);
    return { exitCode, stdout: kept.stdout.join(''), stderr: kept.stderr.join('') };
  } finally {
    clearTimeout(timer);
    keepOn();
    run.child.stdin.destroy();
  }
}

/** Runs `action` while a program is held open: `argv` must answer a line with that line as soon as it is ready, and end when its input ends. */
export async function holding<T>(
  hands: Hands,
  argv: Command['argv'],
  refusal: (exitCode: number, stderr: string) => Problem,
  action: () => Promise<T>,
): Promise<T> {
  mayAct(hands);
  const run = new Run(hands, argv, undefined, 'soon');
  let stderr = '';
  const ready = Promise.withResolvers<void>();
  run.listen((stream, text) => {
    if (stream === 'stderr') stderr += text;
    else ready.resolve();
  });
  const ended = run.ended();
  const keepOn = run.stopWhenLost();
  try {
    run.child.stdin.write('ready\n');
    const exitCode = await Promise.race([ready.promise, ended]).finally(keepOn);
    if (exitCode !== undefined) throw refusal(exitCode, stderr);
    hands.claim.throwIfAborted();
    // From here a lost claim does not free the lock: first `action` must have stopped.
    return await action();
  } finally {
    run.child.stdin.end();
    await ended.catch(() => undefined); // The lock is free however the program ended; `action` has said what matters.
  }
}

/** One program with all it starts, from its begin to its end. */
class Run {
  readonly child: ChildProcessWithoutNullStreams;
  readonly #end = Promise.withResolvers<number>();
  readonly #hands: Hands;
  #timers: NodeJS.Timeout[] = [];
  #stopped: { readonly why: unknown } | undefined;

  /** `until`: how much of what it has said is waited for once it has ended. */
  constructor(hands: Hands, [program, ...args]: Command['argv'], cwd: string | undefined, until: 'soon' | 'all of it') {
    this.#hands = hands;
    // Detached: a process group of its own, so that all of it can be killed at once.
    this.child = spawn(program, args, { cwd, env: environment, detached: true });
    this.child.stdin.on('error', () => {}); // A program may end without reading all we say: its exit code decides.
    this.child.on('error', (error) => this.#notStarted(error, cwd));
    this.child.on('close', (code, signal) => this.#end.resolve(exitCodeOf(code, signal)));
    this.child.on('exit', (code, signal) => {
      // Something it left behind holds its output open: that is not waited for.
      if (until === 'soon') this.#later(drainMs, () => this.#leave(exitCodeOf(code, signal)));
    });
  }

  listen(hear: Say, streams: readonly ('stdout' | 'stderr')[] = ['stdout', 'stderr']): void {
    for (const stream of streams)
      this.child[stream].setEncoding('utf8').on('data', (text: string) => {
        if (this.#stopped) return;
        try {
          hear(stream, text);
        } catch (error) {
          this.stop(error);
        }
      });
  }

  /** All that it says to `output`, but for the last line: that is the answer. */
  async carry(output: Writable): Promise<string> {
    const held = new Held();
    try {
      await pipeline(this.child.stdout, held, output, { end: false });
    } catch (error) {
      // Who takes it has failed, or what we started was ended.
      this.stop(error);
    }
    return held.last;
  }

  feed(input: Readable, ends: boolean): void {
    // Not a pipeline: it must be ended before it can take the end of what came for the end of all.
    input.once('error', (error) => this.stop(error));
    this.child.stdin.once('close', () => input.destroy());
    input.pipe(this.child.stdin, { end: ends });
  }

  /** Somebody else may do the same in a moment, so a lost claim ends the program. Until the answer is called. */
  stopWhenLost(): () => void {
    const { claim } = this.#hands;
    const lost = () => this.stop(claim.reason);
    claim.addEventListener('abort', lost, { once: true });
    return () => claim.removeEventListener('abort', lost);
  }

  async ended(): Promise<number> {
    try {
      const exitCode = await this.#end.promise;
      if (this.#stopped) throw this.#stopped.why;
      return exitCode;
    } finally {
      for (const timer of this.#timers) clearTimeout(timer);
    }
  }

  /** Ends the whole group, first kindly. `ended` rejects with `why`, but only when it is over: what comes next must find nothing at work. */
  stop(why: unknown): void {
    if (this.#stopped) return;
    this.#stopped = { why };
    this.#signal('SIGTERM');
    this.#later(graceMs, () => {
      this.#signal('SIGKILL');
      this.#later(drainMs, () => this.#leave(137)); // Not ours to kill (sudo), or stuck in the kernel.
    });
  }

  /** What still runs finds that nobody listens: a script that waits in line does not begin then. */
  #leave(exitCode: number): void {
    this.child.stdout.destroy();
    this.child.stderr.destroy();
    this.#end.resolve(exitCode);
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.child;
    try {
      if (pid !== undefined) process.kill(-pid, signal);
    } catch {
      // Gone already, or it runs as another user and may not be killed by us: then it is not waited for either.
    }
  }

  #later(ms: number, action: () => void): void {
    this.#timers.push(setTimeout(action, ms));
  }

  #notStarted(error: Error, cwd: string | undefined): void {
    const code = errorCode(error);
    if (cwd !== undefined && !existsSync(cwd))
      this.#end.reject(fault(this.#hands.name, 'work in', cwd, 'ENOENT', error));
    else if (code === 'ENOENT') this.#end.resolve(127);
    else if (code === 'EACCES') this.#end.resolve(126);
    else
      this.#end.reject(
        new Problem('command-failed', `cannot start a program on ${this.#hands.name}`, { cause: error }),
      );
  }
}

const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
};

const exitCodeOf = (code: number | null, signal: NodeJS.Signals | null): number =>
  code ?? 128 + (signalNumbers[signal ?? ''] ?? 0);
