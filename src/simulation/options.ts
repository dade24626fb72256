import { Refused } from './user-files.ts';

/** What a program understands. Any other option is an error, as a misspelt one is. */
export interface Understood {
  /** Options without a value, as they are written ('-a', '--archive'), and what they mean. */
  readonly flags?: Readonly<Record<string, string>>;
  /** Those that have one: '-C dir', '-Cdir', '--directory=dir', '--directory dir'. */
  readonly values?: Readonly<Record<string, string>>;
}

export interface Words {
  readonly flags: ReadonlySet<string>;
  /** In the order they were given; of a value that may come several times all of them count. */
  readonly values: readonly { readonly option: string; readonly value: string; readonly at: number }[];
  /** What is no option. `at` counts all words, so that an order between these and the options can be seen. */
  readonly rest: readonly { readonly word: string; readonly at: number }[];
}

/** Reads the words of a command as GNU programs do: options and others in any order, all others behind '--'. */
export function readWords([, ...words]: readonly string[], understood: Understood, exitCode = 1): Words {
  const found = {
    flags: new Set<string>(),
    values: [] as Words['values'][number][],
    rest: [] as Words['rest'][number][],
  };
  const queue = words.map((word, at) => ({ word, at }));
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { word, at } = next;
    if (word === '--') found.rest.push(...queue.splice(0));
    else if (word === '-' || !word.startsWith('-')) found.rest.push(next);
    else {
      const { option, takes, value, more } = split(word, understood, exitCode);
      if (more !== undefined) queue.unshift({ word: more, at });
      if (takes) found.values.push({ option, value: value ?? queue.shift()?.word ?? missing(word, exitCode), at });
      else found.flags.add(option);
    }
  }
  return found;
}

/** The last value that was given. */
export const lastValue = ({ values }: Words, option: string): string | undefined =>
  values.findLast((value) => value.option === option)?.value;

interface Split {
  /** What it means. */
  readonly option: string;
  readonly takes: boolean;
  /** Where it is in the same word. */
  readonly value?: string | undefined;
  /** The other short options of the same word. */
  readonly more?: string;
}

function split(word: string, { flags = {}, values = {} }: Understood, exitCode: number): Split {
  const whole = flags[word];
  if (whole !== undefined) return { option: whole, takes: false };
  const isLong = word.startsWith('--');
  const [written = '', value] = isLong ? word.split(/=(.*)/s) : [word.slice(0, 2), word.slice(2) || undefined];
  const [valued, flag] = [values[written], flags[written]];
  if (valued !== undefined) return { option: valued, takes: true, value };
  if (!isLong && flag !== undefined && value !== undefined) return { option: flag, takes: false, more: `-${value}` };
  throw new Refused(isLong ? `unrecognized option '${word}'` : `invalid option -- '${written.slice(1)}'`, exitCode);
}

function missing(option: string, exitCode: number): never {
  throw new Refused(`option '${option}' requires an argument`, exitCode);
}
