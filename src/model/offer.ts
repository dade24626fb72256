import { z } from 'zod';
import { hostName } from './host-name.ts';
import { type VariableValue, variableName } from './owner.ts';
import type { FieldProblem } from './problem.ts';

/** What a customer chooses: one label of a host name, in small letters that nobody takes for others. */
export const customerName = z
  .string()
  .regex(
    /^(?!xn--)(?!.*--)[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/,
    'is not a name: small letters, digits and hyphens, 40 at most',
  );

/** '{name}.example.com', with what a customer has chosen in the place of {name}. */
export const hostPattern = z
  .string()
  .max(200)
  .refine((text) => text.split('{name}').length === 2, "has not exactly one '{name}', where the customer's name stands")
  .refine((text) => isHost(hostOf(text, 'a'.repeat(40))), 'makes no host names');

export const hostOf = (pattern: string, name: string): string => pattern.replace('{name}', name);

function isHost(name: string): boolean {
  try {
    return hostName(name) === name;
  } catch {
    return false; // That is the answer.
  }
}

const offered = z.strictObject({
  variable: variableName.describe('As the application calls it'),
  type: z.enum(['text', 'number', 'boolean']).default('text'),
  title: z.string().min(1).max(100).optional().describe('As the sign-up page calls it'),
  required: z.boolean().default(false),
  longest: z.int().min(1).max(10_000).default(255).describe('Of a text: how many characters'),
});

/** By the name that customers give it under; a text alone is the variable, and may be any line. */
export const offeredVariables = z
  .record(
    z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'is not a name: small letters, digits and _'),
    z.union([variableName.transform((variable) => offered.parse({ variable })), offered]),
  )
  .refine((all) => Object.keys(all).length <= 50, 'are more than 50');

/** The same, as it is kept. */
export const keptVariables = z.record(z.string(), offered);
export type OfferedVariables = z.output<typeof keptVariables>;

/** The values as the application has them, or what is wrong with them. */
export function variablesGiven(
  offer: OfferedVariables,
  values: { readonly [name: string]: VariableValue },
): { readonly variables: { readonly [name: string]: VariableValue }; readonly problems: readonly FieldProblem[] } {
  const problems: FieldProblem[] = [];
  const variables: Record<string, VariableValue> = {};
  for (const [name, value] of Object.entries(values)) {
    const known = Object.hasOwn(offer, name) ? offer[name] : undefined;
    const why = known ? wrongWith(known, value) : 'is not one that this offer takes';
    if (why !== null) problems.push({ path: `values.${name}`, message: why });
    else if (known) variables[known.variable] = value;
  }
  for (const [name, { required }] of Object.entries(offer))
    if (required && !Object.hasOwn(values, name)) problems.push({ path: `values.${name}`, message: 'is missing' });
  return { variables, problems };
}

function wrongWith({ type, required, longest }: OfferedVariables[string], value: VariableValue): string | null {
  if (type !== (typeof value === 'string' ? 'text' : typeof value)) return `is no ${type}`;
  if (typeof value !== 'string') return null;
  if (required && value.trim() === '') return 'is empty';
  return [...value].length > longest ? `is longer than ${longest} characters` : null;
}
