import type { EndpointName } from '../../api/endpoints.ts';
import type { Noun } from './found.ts';

/** What one thing still lacks to be as the file says, and how it is brought there. */
export interface Change {
  readonly noun: Noun;
  readonly name: string;
  readonly how: 'add' | 'change' | 'delete' | 'repair' | 'wait';
  readonly fields: readonly FieldChange[];
  /** In this order; each begins when the tasks of the one before have ended. */
  readonly steps: readonly Step[];
}

export interface FieldChange {
  readonly field: string;
  /** undefined: there is nothing yet, or it is not told. */
  readonly from?: unknown;
  readonly to: unknown;
}

/** A request, or the wait for what somebody else has asked for already. */
export type Step =
  | { readonly ask: EndpointName; readonly input: object; readonly ifMatch?: string }
  | { readonly waitFor: string };

/** `complaints`: why the file cannot be applied at all. `same`: how many are as they are to be. */
export interface Plan {
  readonly changes: readonly Change[];
  readonly complaints: readonly string[];
  readonly same: number;
}

export type Values = Readonly<Record<string, unknown>>;

/** Fields that the file gives and that are otherwise on the hub. */
export function differences(wanted: Values, now: Values): FieldChange[] {
  return Object.entries(wanted)
    .filter(([field, to]) => to !== undefined && canonical(to) !== canonical(now[field]))
    .map(([field, to]) => ({ field, from: now[field], to }));
}

/** Of a new thing: all that is given. */
export const given = (wanted: Values): FieldChange[] =>
  Object.entries(wanted)
    .filter(([, to]) => to !== undefined)
    .map(([field, to]) => ({ field, to }));

export const valuesOf = (fields: readonly FieldChange[]): Values =>
  Object.fromEntries(fields.map(({ field, to }) => [field, to]));

/** JSON with the fields of objects in one order. */
function canonical(value: unknown): string {
  return JSON.stringify(value ?? null, (_, one: unknown) =>
    one !== null && typeof one === 'object' && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : one,
  );
}
