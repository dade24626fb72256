import { z } from 'zod';

/** As much of JSON schema as our forms are drawn from. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

const known = new WeakMap<z.ZodType, Schema>();

/** The API's own schema, as what may be given. */
export function schemaOf(type: z.ZodType | undefined): Schema {
  if (!type) return {};
  const found = known.get(type) ?? (z.toJSONSchema(type, { io: 'input', unrepresentable: 'any' }) as Schema);
  known.set(type, found);
  return found;
}

/** The field's schema without 'or null': that is what an empty field stands for. */
export function without(schema: Schema): Schema {
  const rest = schema.anyOf?.filter(({ type }) => type !== 'null');
  const [only] = rest ?? [];
  if (!rest || !only || rest.length === schema.anyOf?.length) return schema;
  const { anyOf: _, ...outer } = schema;
  return rest.length === 1 ? { ...only, ...outer } : { ...outer, anyOf: rest };
}

export type Kind =
  | 'choice'
  | 'choices'
  | 'flag'
  | 'number'
  | 'time'
  | 'line'
  | 'lines'
  | 'variants'
  | 'fields'
  | 'json';

const simpleKinds: Readonly<Record<string, Kind>> = { boolean: 'flag', integer: 'number', number: 'number' };

/** By what a value is edited. */
export function kindOf(schema: Schema): Kind {
  if (schema.enum) return 'choice';
  if (schema.items?.enum) return 'choices';
  if ((schema.oneOf ?? schema.anyOf)?.every(({ properties }) => properties?.['type']?.const !== undefined))
    return 'variants';
  const simple = simpleKinds[String(schema.type)];
  if (simple) return simple;
  if (schema.type === 'array' && [schema.items, ...(schema.items?.anyOf ?? [])].some((one) => one?.type === 'string'))
    return 'lines';
  if (schema.type === 'object' && schema.properties) return 'fields';
  if (schema.type === 'string') return schema.format === 'date-time' ? 'time' : 'line';
  return schema.anyOf?.some(({ type }) => type === 'number') ? 'number' : 'json';
}

/** A default that the schema has, or the value before anybody has touched it. */
const initial = (schema: Schema): unknown => schema.default ?? (kindOf(schema) === 'flag' ? false : undefined);

/** What is in force of an object's fields before anybody has touched one. */
export const defaultsOf = ({ properties = {} }: Schema): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(properties)
      .map(([name, schema]) => [name, initial(schema)] as const)
      .filter(([, value]) => value !== undefined),
  );
