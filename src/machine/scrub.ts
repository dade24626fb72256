import { Secret } from '../model/secret.ts';
import { quote } from './command.ts';

const dots = '••••';
/** A regular expression has no room for more: a script that is handed over as a secret is looked for as it is. */
const patternCharsMax = 1_000;

/** Replaces secrets in text, as they are and as a shell, JSON or a URL would spell them. */
export class Scrub {
  readonly #pattern: RegExp | undefined;
  readonly #long: readonly string[];
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
    // The longest first: where one secret begins with another, the whole of it must go.
    const sorted = [...new Set(spellings)].toSorted((one, other) => other.length - one.length);
    this.longest = sorted[0]?.length ?? 0;
    this.#long = sorted.filter(({ length }) => length > patternCharsMax);
    const short = sorted.slice(this.#long.length);
    const source = short.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
    this.#pattern = source === '' ? undefined : new RegExp(source, 'g');
  }

  text(text: string): string {
    for (const long of this.#long)
      if (text.includes(long))
        return text
          .split(long)
          .map((part) => this.text(part))
          .join(dots);
    return this.#pattern ? text.replace(this.#pattern, dots) : text;
  }

  /** The last place at or before `end` that is not inside a secret. */
  boundary(text: string, end: number): number {
    for (const long of this.#long) {
      const index = text.indexOf(long, Math.max(0, end - long.length + 1));
      if (index >= 0 && index < end) return this.boundary(text, index);
    }
    for (const { index, 0: found } of this.#pattern ? text.matchAll(this.#pattern) : []) {
      if (index >= end) break;
      if (index + found.length > end) return this.boundary(text, index);
    }
    return end;
  }
}

/** Lone surrogates have no spelling in a URL. */
const urlSpelling = (value: string): string => encodeURIComponent(value.toWellFormed());

export const reveal = (text: string | Secret): string => (text instanceof Secret ? text.reveal() : text);
