import { execFile, spawn } from 'node:child_process';
import { Problem } from '../model/problem.ts';

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunMore {
  readonly stdin?: string;
  readonly timeoutMs?: number;
  /** Added to our own environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

type Argv = readonly [string, ...string[]];

/** Runs a program as root, without a shell. Exit code 127: there is no such program; 124: it took too long and was killed. */
export function ask(argv: Argv, { stdin, timeoutMs = 60_000, env = {}, cwd = '/' }: RunMore = {}): Promise<Ran> {
  const [program, ...words] = argv;
  return new Promise((resolve) => {
    const options = {
      cwd,
      env: { ...process.env, LC_ALL: 'C.UTF-8', ...env },
      timeout: timeoutMs,
      killSignal: 'SIGKILL' as const,
      maxBuffer: 64 * 1024 * 1024,
    };
    const child = execFile(program, words, options, (error, stdout, stderr) => {
      resolve({ exitCode: exitCodeOf(error), stdout, stderr });
    });
    // It may end without reading all of it; its exit code says whether that was well.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(stdin ?? '');
  });
}

function exitCodeOf(error: (Error & { code?: unknown; killed?: boolean }) | null): number {
  if (!error) return 0;
  if (error.killed) return 124;
  if (typeof error.code === 'number') return error.code;
  return error.code === 'ENOENT' ? 127 : 1;
}

export const succeeds = async (argv: Argv, more?: RunMore): Promise<boolean> => (await ask(argv, more)).exitCode === 0;

/** Throws Problem 'command-failed' with the end of what the program said, unless it succeeds. */
export async function must(argv: Argv, hint: string, more: RunMore = {}): Promise<string> {
  const ran = await ask(argv, more);
  if (ran.exitCode === 0) return ran.stdout;
  const said = lastLines(ran.stderr.trim() || ran.stdout);
  const how = ran.exitCode === 124 ? 'took too long' : `failed (exit code ${ran.exitCode})`;
  throw new Problem('command-failed', `${argv.join(' ')} ${how}${said && `:\n    ${said}`}`, { hint });
}

/** The last of them, indented, as they are shown below a message. */
export const lastLines = (text: string, count = 12): string => text.trim().split('\n').slice(-count).join('\n    ');

/** Starts a program that goes on when we end, in a session of its own; both outputs go to the open file. */
export function launch(argv: Argv, logFd: number, env: Readonly<Record<string, string>>, cwd: string): Promise<number> {
  const [program, ...words] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { cwd, env, detached: true, stdio: ['ignore', logFd, logFd] });
    child.once('error', reject);
    child.once('spawn', () => {
      child.unref();
      resolve(child.pid ?? 0);
    });
  });
}
