import { z } from 'zod';

/**
 * What is wrong with a field, as it stands behind its name everywhere: in an answer of the hub, in a form, on a terminal. zod's own
 * words ("expected string, received undefined") are for who wrote the schema. Set once by each process that reads input of people;
 * a schema that says it better says it itself.
 */
export function speakOfInput(): void {
  z.config({ customError: (issue) => wordsFor(issue) });
}

type Issue = Parameters<z.core.$ZodErrorMap>[0];

function wordsFor(issue: Issue): string | undefined {
  if (issue.input === undefined) return 'is missing';
  switch (issue.code) {
    case 'invalid_type':
      return kinds[issue.expected];
    case 'invalid_value':
      return `is not ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}`;
    case 'invalid_format':
      return formats[issue.format];
    case 'too_small':
      return tooSmall(issue.origin, issue.minimum, issue.inclusive !== false);
    case 'too_big':
      return tooBig(issue.origin, issue.maximum, issue.inclusive !== false);
    case 'unrecognized_keys':
      return `has what is not known: ${issue.keys.join(', ')}`;
    case 'invalid_union':
      return 'is nothing of what is possible here';
    case 'invalid_key':
      return 'has a name that is not possible here';
    default: // zod's own words are better than none.
      return undefined;
  }
}

/** By what a schema calls the kind that it wants. */
const kinds: Readonly<Record<string, string>> = {
  string: 'is not text',
  number: 'is not a number',
  int: 'is not a whole number',
  boolean: 'is neither true nor false',
  array: 'is not a list',
  tuple: 'is not a list',
  object: 'is not an object with fields',
  record: 'is not an object with fields',
  null: 'is not null',
};

const formats: Readonly<Record<string, string>> = {
  email: 'is not a mail address',
  url: 'is no web address',
  datetime: 'is not a time such as 2026-01-31T12:00:00Z',
  date: 'is not a day such as 2026-01-31',
  base64: 'is not Base64',
  uuid: 'is not a UUID',
};

function tooSmall(origin: string, least: number | bigint, inclusive: boolean): string {
  if (isCounted(origin) && least === 1) return 'is empty';
  if (origin === 'string') return `is shorter than ${least} characters`;
  if (isCounted(origin)) return `has fewer than ${least} entries`;
  return inclusive ? `is less than ${least}` : `is not more than ${least}`;
}

function tooBig(origin: string, most: number | bigint, inclusive: boolean): string {
  if (origin === 'string') return `is longer than ${most} characters`;
  if (isCounted(origin)) return `has more than ${most} entries`;
  return inclusive ? `is more than ${most}` : `is not less than ${most}`;
}

const isCounted = (origin: string): boolean => ['string', 'array', 'set', 'map', 'object'].includes(origin);
