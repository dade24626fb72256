import { Problem } from '../../model/problem.ts';

/** Text of a configuration file that is ready: it passes into other text as it is. */
export class Fragment {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Value = string | number | Fragment | readonly Value[];
type Template = (text: TemplateStringsArray, ...values: readonly Value[]) => Fragment;

/** Lists of fragments follow each other; lists of words are separated by a space. */
function template(quote: (word: string) => string): Template {
  const fill = (value: Value): string => {
    if (value instanceof Fragment) return value.text;
    if (typeof value === 'string') return quote(value);
    if (typeof value === 'number') return String(value);
    return value.map(fill).join(value.every((one) => one instanceof Fragment) ? '' : ' ');
  };
  return (text, ...values) =>
    new Fragment(text.map((part, index) => part + (index < values.length ? fill(values[index] ?? '') : '')).join(''));
}

/** nginx: each ${} is exactly one argument of a directive. `$` would be a variable there, so it is refused. */
export const nginxText: Template = template((word) => {
  refuse(word, /[\p{Cc}$]/u, 'nginx');
  return quoted(word);
});

/** Apache: each ${} is exactly one argument. `${` would be replaced by a Define and `%{` by a variable, so both are refused. */
export const apacheText: Template = template((word) => {
  refuse(word, /\p{Cc}|[$%]\{/u, 'Apache');
  return quoted(word);
});

/** The same for values where nginx reads variables, as in fastcgi_param and map: `$` comes from a variable of that value. */
export function nginxValue(word: string): Fragment {
  refuse(word, /\p{Cc}/u, 'nginx');
  return new Fragment(quoted(word).replaceAll('$', () => `\${aegir_dollar}`));
}

/** The value of a SetEnv, which may be anything: a `${` comes from a Define of the main file, as Apache would look for one. */
export function apacheValue(word: string): Fragment {
  refuse(word, /\p{Cc}/u, 'Apache');
  return new Fragment(quoted(word).replaceAll(`\${`, () => `\${aegir_dollar}{`));
}

/** An argument of Rewrite…: those directives take a quoted word as it stands, backslashes and all, and know no escape. */
export function rewriteWord(word: string): Fragment {
  refuse(word, /["\p{Cc}]|\$\{/u, 'Apache');
  return new Fragment(`"${word}"`);
}

/** Lines that a plug-in or a constant of ours gives: they are configuration, and no value is. */
export const lines = (given: readonly string[], indent: string): Fragment =>
  new Fragment(
    given
      .flatMap((text) => text.split('\n'))
      .map((line) => `${indent}${line}\n`)
      .join(''),
  );

const plain = /^[A-Za-z0-9_.:/*@~-]+$/;
const quoted = (word: string): string => (plain.test(word) ? word : `"${word.replace(/[\\"]/g, '\\$&')}"`);

function refuse(word: string, hostile: RegExp, server: string): void {
  if (!hostile.test(word)) return;
  // The value itself is not shown: it may be a password.
  throw new Problem(
    'invalid',
    `a value for the configuration of ${server} holds a character that cannot be written there`,
    {
      hint: 'Control characters, and the signs that start a variable, are not possible in names, paths and passwords.',
    },
  );
}
