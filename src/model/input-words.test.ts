import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { speakOfInput } from './input-words.ts';

test('what is wrong with a field is said in words that stand behind its name', () => {
  speakOfInput();
  const said = (type: z.ZodType, given: unknown): readonly string[] | undefined =>
    type.safeParse(given).error?.issues.map(({ message }) => message);
  const cases: readonly (readonly [z.ZodType, unknown, string])[] = [
    [z.string(), undefined, 'is missing'],
    [z.enum(['off', 'on']), undefined, 'is missing'],
    [z.discriminatedUnion('type', [z.object({ type: z.literal('git') })]), undefined, 'is missing'],
    [z.string(), 7, 'is not text'],
    [z.number(), '7', 'is not a number'],
    [z.int(), 1.5, 'is not a whole number'],
    [z.boolean(), 'yes', 'is neither true nor false'],
    [z.array(z.string()), {}, 'is not a list'],
    [z.object({}), [], 'is not an object with fields'],
    [z.enum(['off', 'on']), 'maybe', 'is not one of off, on'],
    [z.literal('git'), 'svn', 'is not git'],
    [z.email(), 'nobody', 'is not a mail address'],
    [z.iso.datetime(), 'noon', 'is not a time such as 2026-01-31T12:00:00Z'],
    [z.string().min(1), '', 'is empty'],
    [z.string().min(12), 'short', 'is shorter than 12 characters'],
    [z.string().max(3), 'long', 'is longer than 3 characters'],
    [z.array(z.string()).min(1), [], 'is empty'],
    [z.array(z.string()).max(1), ['a', 'b'], 'has more than 1 entries'],
    [z.number().min(3), 2, 'is less than 3'],
    [z.number().positive(), 0, 'is not more than 0'],
    [z.number().max(3), 4, 'is more than 3'],
    [z.strictObject({}), { more: 1 }, 'has what is not known: more'],
    [z.union([z.string(), z.number()]), true, 'is nothing of what is possible here'],
  ];
  for (const [type, given, words] of cases) assert.deepEqual(said(type, given), [words]);
});

test('a schema that says it better says it itself', () => {
  speakOfInput();
  const { error } = z.string().min(12, 'is no password').safeParse('short');
  assert.equal(error?.issues[0]?.message, 'is no password');
});
