import type { z } from 'zod';
import { Problem } from '../../model/problem.ts';

/** What is wrong with a field, by its path: 'source.location'. */
export type Errors = ReadonlyMap<string, string>;

/** As the hub would find it, before it is asked. */
export function checked(type: z.ZodType | undefined, body: unknown): Errors {
  const parsed = type?.safeParse(body);
  if (!parsed || parsed.success) return new Map();
  return new Map(parsed.error.issues.map(({ path, message }) => [path.join('.'), message]));
}

/** What the hub found; empty for a problem that is about no field. */
export const problemErrors = (problem: unknown): Errors =>
  new Map(problem instanceof Problem ? problem.fields?.map(({ path, message }) => [path, message]) : []);

/** The same of a form that is all about `options`. */
export const optionErrors = (problem: unknown): Errors =>
  new Map([...problemErrors(problem)].map(([path, message]) => [path.replace(/^options\./, ''), message]));

/** What is to be sent: of a change only what differs, with null for what was emptied. */
export function given(
  values: Readonly<Record<string, unknown>>,
  before?: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const all = Object.entries(values).filter(([name, value]) => !before || !same(value, before[name]));
  return Object.fromEntries(
    all.flatMap(([name, value]) => {
      if (value !== undefined) return [[name, value]];
      return before ? [[name, null]] : [];
    }),
  );
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
