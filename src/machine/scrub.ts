import { Secret } from '../model/secret.ts';
import { quote } from './command.ts';

const dots = '••••';

/** Replaces secrets in text, as they are and as a shell, JSON or a URL would spell them. */
export class Scrub {
  readonly #secrets: readonly Secret[];

  constructor(secrets: readonly Secret[]) {
    this.#secrets = secrets;
  }

  /** A secret that begins this far before the end of a text may not be complete in it. */
  get longest(): number {
    return spellingsWithin(this.#secrets, Number.POSITIVE_INFINITY)[0]?.length ?? 0;
  }

  text(text: string): string {
    let scrubbed = '';
    let from = 0;
    for (const { begin, end } of this.#found(text)) {
      scrubbed += text.slice(from, begin) + dots;
      from = end;
    }
    return scrubbed + text.slice(from);
  }

  /** The last place at or before `end` that is not inside a secret. */
  boundary(text: string, end: number): number {
    for (const found of this.#found(text)) {
      if (found.begin >= end) break;
      if (found.end > end) return found.begin;
    }
    return end;
  }

  /** From left to right. Not by a RegExp: a whole script is a secret too, as a program's input, and too long for one. */
  *#found(text: string): Generator<{ readonly begin: number; readonly end: number }> {
    const from = (start: number, spelling: string) => ({ spelling, begin: text.indexOf(spelling, start) });
    let ahead = spellingsWithin(this.#secrets, text.length)
      .map((spelling) => from(0, spelling))
      .filter(({ begin }) => begin >= 0);
    while (ahead.length > 0) {
      const { spelling, begin } = ahead.reduce((first, other) => (other.begin < first.begin ? other : first));
      const end = begin + spelling.length;
      yield { begin, end };
      ahead = ahead.map((one) => (one.begin < end ? from(end, one.spelling) : one)).filter((one) => one.begin >= 0);
    }
  }
}

/** The longest first: where one secret begins with another, the whole of it must go. */
function spellingsWithin(secrets: readonly Secret[], lengthMax: number): readonly string[] {
  // No spelling is shorter than what is spelled, so that a script, which is a program's input, is not spelled for a line of text.
  const possible = secrets.filter((secret) => secret.reveal().trim().length <= lengthMax);
  return [...new Set(possible.flatMap(spellingsOf))].toSorted((one, other) => other.length - one.length);
}

/** Those of a task are asked for at each of its commands. */
const known = new WeakMap<Secret, readonly string[]>();

function spellingsOf(secret: Secret): readonly string[] {
  const before = known.get(secret);
  if (before) return before;
  const value = secret.reveal().trim();
  const spellings = value === '' ? [] : [value, quote(value), JSON.stringify(value).slice(1, -1), urlSpelling(value)];
  known.set(secret, spellings);
  return spellings;
}

/** Lone surrogates have no spelling in a URL. */
const urlSpelling = (value: string): string => encodeURIComponent(value.toWellFormed());

export const reveal = (text: string | Secret): string => (text instanceof Secret ? text.reveal() : text);
