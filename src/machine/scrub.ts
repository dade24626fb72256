import { Secret } from '../model/secret.ts';
import { quote } from './command.ts';

const dots = '••••';

/** Replaces secrets in text, as they are and as a shell, JSON or a URL would spell them. */
export class Scrub {
  /** The longest first: where one secret begins with another, the whole of it must go. */
  readonly #spellings: readonly string[];
  /** A secret that begins this far before the end of a text may not be complete in it. */
  readonly longest: number;

  constructor(secrets: readonly Secret[]) {
    const values = secrets.map((secret) => secret.reveal().trim()).filter((value) => value !== '');
    const spellings = values.flatMap((value) => [
      value,
      quote(value),
      JSON.stringify(value).slice(1, -1),
      urlSpelling(value),
    ]);
    this.#spellings = [...new Set(spellings)].toSorted((one, other) => other.length - one.length);
    this.longest = this.#spellings[0]?.length ?? 0;
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
    let ahead = this.#spellings.map((spelling) => from(0, spelling)).filter(({ begin }) => begin >= 0);
    while (ahead.length > 0) {
      const { spelling, begin } = ahead.reduce((first, other) => (other.begin < first.begin ? other : first));
      const end = begin + spelling.length;
      yield { begin, end };
      ahead = ahead.map((one) => (one.begin < end ? from(end, one.spelling) : one)).filter((one) => one.begin >= 0);
    }
  }
}

/** Lone surrogates have no spelling in a URL. */
const urlSpelling = (value: string): string => encodeURIComponent(value.toWellFormed());

export const reveal = (text: string | Secret): string => (text instanceof Secret ? text.reveal() : text);
