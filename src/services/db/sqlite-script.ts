import { readFileSync } from 'node:fs';
import { asUser } from '../../machine/as-user.ts';
import { type Command, command } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import { phpScript } from '../../machine/php-script.ts';
import { Problem, type ProblemCode } from '../../model/problem.ts';
import { Secret } from '../../model/secret.ts';
import { wholeDatabaseMs } from './patience.ts';

type Asked =
  | { readonly do: 'tables' | 'reopen'; readonly path: string }
  | { readonly do: 'close'; readonly path: string; readonly graceMs: number }
  | { readonly do: 'dump'; readonly path: string; readonly tables: readonly string[] }
  | { readonly do: 'copy'; readonly path: string; readonly from: string; readonly tables: readonly string[] }
  | { readonly do: 'load'; readonly path: string; readonly from: string };

let text: string | undefined;

/** `sqlite.php` as the user whose file it is. */
export async function sqliteCommand(machine: Machine, user: string, asked: Asked): Promise<Command> {
  text ??= readFileSync(new URL('sqlite.php', import.meta.url), 'utf8');
  const input = { ...asked, seconds: wholeDatabaseMs / 1000 };
  const php = {
    ...command`php`,
    stdin: new Secret(phpScript('sqlite', input, text)),
    timeoutMs: wholeDatabaseMs,
    quiet: true,
    effect: asked.do === 'tables' || asked.do === 'dump' ? ('reads' as const) : ('changes' as const),
  };
  return asUser(machine, user, php);
}

export async function askSqlite(machine: Machine, user: string, asked: Asked): Promise<string> {
  const asking = await sqliteCommand(machine, user, asked);
  return explained(machine, () => machine.run(asking).then(({ stdout }) => stdout));
}

/** Explains what the script died of. */
export async function explained<T>(machine: Machine, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw problemOf(machine.name, error);
  }
}

function problemOf(server: string, error: unknown): unknown {
  if (!(error instanceof Problem && error.code === 'command-failed')) return error;
  const known = kinds.find(([pattern]) => pattern.test(error.message));
  if (!known) return error;
  const [, code, what, hint] = known;
  return new Problem(code, `${what} on ${server}`, { hint, cause: error });
}

const kinds: readonly (readonly [RegExp, ProblemCode, string, string])[] = [
  [
    /database or disk is full|No space left/,
    ...(['disk-full', 'there is no space left for a copy of an SQLite database'] as const),
    'Free some space there, then run the task again.',
  ],
  [
    /database is locked/,
    ...(['in-use', 'somebody writes into an SQLite database without end'] as const),
    'See who has the file open (fuser -v), end that, then run the task again.',
  ],
  [
    /Class "SQLite3" not found/,
    ...(['command-failed', 'PHP has no extension sqlite3'] as const),
    'Install it (Debian: apt install php-sqlite3).',
  ],
];
