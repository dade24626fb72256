import { structuredPatch } from 'diff';
import { isDrawn } from './mask-urls.ts';
import { Problem } from './problem.ts';

/** Something that is not as the hub wrote it. A type and not an interface, so that it can be stored as it is. */
export type Difference = {
  /** A path, 'crontab of master', or a sentence of what would be put right. */
  readonly what: string;
  /**
   * - differs, missing, surplus: a text, or a directory. - rights: only mode or group.
   * - other: what an engine would do about it, in words; it has no text to be compared.
   */
  readonly kind: 'differs' | 'missing' | 'surplus' | 'rights' | 'other';
  /** Unified, from what is there to what should be, without secrets. Null: there is nothing to show. */
  readonly diff: string | null;
};

/** A text before and after; null is absent. */
export interface Side {
  /** Null: a directory. */
  readonly text: string | null;
  /** '0644', or '0440 www-data' where the group matters; null: it has none. */
  readonly rights: string | null;
}

export interface Compared {
  readonly what: string;
  readonly is: Side | null;
  readonly should: Side | null;
  /** All of it is secret: that it differs may be said, and nothing else. */
  readonly isSecret: boolean;
}

const linesMax = 200;
const lineLengthMax = 300;
/** Longer ones are not compared line by line: nobody would read it. */
const comparedBytesMax = 512 * 1024;

/** `scrub` takes away the secrets that the hub knows; what looks like one besides is hidden too, as it may be an older one. */
export function differenceOf({ what, is, should, isSecret }: Compared, scrub: (text: string) => string): Difference {
  const kind =
    is === null ? 'missing' : should === null ? 'surplus' : is.text === should.text ? ('rights' as const) : 'differs';
  const rights =
    kind === 'missing' || kind === 'surplus' ? [] : rightsLines(is?.rights ?? null, should?.rights ?? null);
  const lines = [...rights, ...textLines(is?.text ?? '', should?.text ?? '', isSecret, scrub)];
  const shown = lines.slice(0, linesMax).map((line) => cut(line));
  if (lines.length > linesMax) shown.push(`… and ${lines.length - linesMax} more lines`);
  const head = [`--- ${what} (as it is)`, `+++ ${what} (as it should be)`];
  return { what, kind, diff: shown.length === 0 ? null : [...head, ...shown].join('\n') };
}

const cut = (line: string): string => (line.length > lineLengthMax ? `${line.slice(0, lineLengthMax)}…` : line);

const rightsLines = (is: string | null, should: string | null): readonly string[] =>
  is === should || is === null || should === null ? [] : [`-mode ${is}`, `+mode ${should}`];

function textLines(is: string, should: string, isSecret: boolean, scrub: (text: string) => string): readonly string[] {
  if (is === should) return [];
  if (isSecret || [is, should].some((text) => text.includes('PRIVATE KEY')))
    return ['@@ it holds secrets and is not shown @@'];
  if (is.length + should.length > comparedBytesMax) return [`@@ ${is.length} and ${should.length} characters @@`];
  const { hunks } = structuredPatch('', '', is, should, '', '', { context: 3 });
  return hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    ...masked(lines.map((line) => scrub(line))),
  ]);
}

const dots = '••••';
const tells = /pass(?:word|wd)?|pwd|secret|salt|token|credential|api_?key|_key\b/i;
const quoted = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g;

/** Lines with dots for what is called like a secret, looks drawn by chance, or stands where our own files have a password. */
export function masked(lines: readonly string[]): readonly string[] {
  let goesOn = false;
  return lines.map((line) => {
    const named = tells.exec(line);
    const from = named ? named.index + named[0].length : goesOn ? 1 : -1;
    const own = ownFields(drawn(addresses(line)));
    const result = from < 0 ? { text: own, found: true } : valuesFrom(own, from);
    goesOn = named !== null && !result.found;
    return result.text;
  });
}

/** All values behind this place; the name itself may be quoted too. */
function valuesFrom(line: string, from: number): { readonly text: string; readonly found: boolean } {
  let found = false;
  const hide = (value: string, at: number): string => {
    if (at < from || value.length <= 2) return value;
    found = true;
    return `${value.charAt(0)}${dots}${value.charAt(0)}`;
  };
  const text = line.replace(quoted, hide);
  if (found) return { text, found };
  const bare = /^(.*?[=:\s]+)([^\s=:;,({[>$][^;,]*)(.*)$/.exec(line.slice(from));
  if (!bare) return { text: line, found: false };
  // What a file is called is no secret; what is in it may be.
  if (bare[2]?.startsWith('/')) return { text: line, found: true };
  return { text: `${line.slice(0, from)}${bare[1]}${dots}${bare[3]}`, found: true };
}

/** Of addresses with who logs in: mysql://user:password@host. */
const addresses = (line: string): string => line.replace(/(:\/\/[^\s/:@]*:)[^\s@]+@/g, `$1${dots}@`);

const drawn = (line: string): string => line.replace(/[\w+/=-]{20,}/g, (word) => (isDrawn(word) ? dots : word));

/** A site's line in our maps for nginx: fields between bars, of which the last is the password of its database. */
const ownFields = (line: string): string => (line.split('|').length > 10 ? line.replace(/\|[^|]*$/, `|${dots}`) : line);

/** Of one subject; more is not kept. */
const differencesMax = 50;

export function kept(all: readonly Difference[]): readonly Difference[] {
  if (all.length <= differencesMax) return all;
  const rest = all.length - differencesMax;
  return [...all.slice(0, differencesMax), { what: `${rest} more things differ`, kind: 'other', diff: null }];
}

/** What a step of a verify says about the state it found, where another failure says nothing about it. */
export const saysState = (error: unknown): error is Problem =>
  error instanceof Problem && ['not-found', 'conflict', 'configuration-refused'].includes(error.code);
