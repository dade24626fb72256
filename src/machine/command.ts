import type { Secret } from '../model/secret.ts';

/** A program to run, as data. There is never a shell in between, so nothing needs escaping. */
export interface Command {
  readonly argv: readonly [string, ...string[]];
  /** The only way in for a secret: arguments are visible to every user of the server. */
  readonly stdin?: string | Secret;
  readonly cwd?: string;
  readonly timeoutMs: number;
  /** Exit codes that are an answer and not a failure. */
  readonly allow: readonly number[];
  /** 'reads' promises that it changes nothing, so a dry run may run it. */
  readonly effect: 'reads' | 'changes';
  /** What a dry run takes for its standard output, as it does not run commands that change something. */
  readonly dryStdout?: string;
  /** Of a program that writes the whole of something that is no file (a crontab): its text before and after, for a dry run to show. */
  readonly rewrites?: { readonly what: string; readonly before: string; readonly after: string };
  /** It judges files: what it says of one that a dry run only pretends to be otherwise, it would not say then. */
  readonly judgesFiles?: true;
  /** Output is shown to the caller only, not logged: for answers that are long or that hold secrets. */
  readonly quiet?: boolean;
}

/** For `allow`, where whoever asked looks at the code itself. */
export const anyExitCode: readonly number[] = Array.from({ length: 256 }, (_, code) => code);

type Word = string | number | readonly string[];

/** command`php ${script} --uri=${uri}`: each ${} is exactly one argument (or, for a list, several). One minute, exit code 0, and it changes things. */
export function command(text: TemplateStringsArray, ...values: readonly Word[]): Command {
  const marked = String.raw({ raw: text }, ...values.map((_, index) => `\0${index}\0`));
  const words = marked.split(/\s+/).filter((word) => word !== '');
  const [program, ...rest] = words.flatMap((word) => fill(word, values));
  if (!program) throw new TypeError('an empty command');
  return { argv: [program, ...rest], timeoutMs: 60_000, allow: [0], effect: 'changes' };
}

/** The same for a command that only looks. */
export const query = (text: TemplateStringsArray, ...values: readonly Word[]): Command => ({
  ...command(text, ...values),
  effect: 'reads',
});

function fill(word: string, values: readonly Word[]): readonly string[] {
  const alone = /^\0(\d+)\0$/.exec(word);
  const value = values[Number(alone?.[1])];
  if (typeof value === 'object') return value;
  return [word.replace(/\0(\d+)\0/g, (_, index) => String(values[Number(index)]))];
}

export const show = (command: Command): string => command.argv.map(quote).join(' ');

export const quote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
