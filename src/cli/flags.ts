import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import type { Io } from './io.ts';

export interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  /** One of several shapes of an object. */
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
}

/** A JSON schema says only what JSON schemas say; we read the few words of it above. */
export const schemaOf = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;

/** Lists are given one by one, so their flags are singular. */
const singular: { readonly [key: string]: string } = {
  aliases: 'alias',
  services: 'service',
  options: 'option',
  sites: 'site',
  scopes: 'scope',
  args: 'arg',
  permissions: 'permission',
  clients: 'client',
  names: 'name',
  variables: 'variable',
  origins: 'origin',
  values: 'value',
};
const kebab = (key: string): string => (singular[key] ?? key).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

interface Field {
  readonly key: string;
  readonly schema: JsonSchema;
  readonly nullable: boolean;
  readonly required: boolean;
}

function fieldsOf(schema: JsonSchema, without: readonly string[]): readonly Field[] {
  return Object.entries(schema.properties ?? {})
    .filter(([key]) => !without.includes(key))
    .map(([key, given]) => {
      const nullable = given.anyOf?.some(({ type }) => type === 'null') ?? false;
      const rest = given.anyOf?.filter(({ type }) => type !== 'null') ?? [];
      const schema = nullable && rest.length === 1 && rest[0] ? { ...rest[0], ...describedBy(given) } : together(given);
      return { key, schema, nullable, required: schema.default === undefined && isRequired(key) };
    });
  function isRequired(key: string): boolean {
    return schema.required?.includes(key) ?? false;
  }
}
/** Shapes of an object as one object with the fields of all: which go together the hub says. */
function together({ oneOf, ...given }: JsonSchema): JsonSchema {
  if (!oneOf) return given;
  return { ...given, type: 'object', properties: Object.assign({}, ...oneOf.map(({ properties }) => properties)) };
}
const describedBy = ({ description }: JsonSchema): JsonSchema => (description === undefined ? {} : { description });

/** Adds a flag for each field of the schema. A field that may be null gets `--no-…` too, which resets it. */
export function addFlags(command: Command, schema: JsonSchema, without: readonly string[] = []): void {
  for (const field of fieldsOf(schema, without)) {
    command.addOption(flag(field));
    if (field.nullable) command.addOption(new Option(`--no-${kebab(field.key)}`, `reset ${kebab(field.key)}`));
  }
}

function flag({ key, schema, required }: Field): Option {
  const name = `--${kebab(key)}`;
  const text = schema.description ?? '';
  // What is done unless somebody says no has a flag for the no.
  if (schema.type === 'boolean' && schema.default === true)
    return new Option(`--no-${kebab(key)}`, `do not ${small(text)}`);
  if (schema.type === 'boolean') return new Option(name, text);
  const option = new Option(`${name} <${wordFor(schema)}>`, text);
  if (schema.enum) option.choices(schema.enum.map(String));
  if (schema.type === 'integer' || schema.type === 'number') option.argParser(number);
  if (schema.type === 'array') option.argParser((value: string, before: unknown) => [...list(before), value]);
  if (schema.type === 'object') option.argParser((value: string, before: unknown) => [...list(before), value]);
  return option.makeOptionMandatory(required);
}

const small = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);
const list = (before: unknown): readonly unknown[] => (Array.isArray(before) ? before : []);
const number = (text: string): number => {
  if (!/^-?\d+(?:\.\d+)?$/.test(text)) throw new InvalidArgumentError('It must be a number.');
  return Number(text);
};

function wordFor({ type, items, properties }: JsonSchema): string {
  if (type === 'object') return properties?.['type'] ? 'type|key=value' : 'key=value';
  if (type === 'array' && items?.enum) return items.enum.join('|');
  if (type === 'array') return items?.type === 'object' ? 'type=engine' : 'name';
  return type === 'integer' || type === 'number' ? 'number' : 'text';
}

/** What the flags said, as the schema wants it. Fields whose flag was not given are left out. */
export async function flagValues(
  io: Pick<Io, 'stdin'>,
  schema: JsonSchema,
  given: Readonly<Record<string, unknown>>,
  without: readonly string[] = [],
): Promise<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const { key, schema: field, nullable } of fieldsOf(schema, without)) {
    const value = given[camel(kebab(key))];
    if (value === undefined) continue;
    if (nullable && value === false) values[key] = null;
    else if (field.type === 'object') values[key] = await objectFrom(io, list(value).map(String), field.properties);
    else if (field.type === 'array') values[key] = list(value).map((one) => element(field.items, String(one)));
    else values[key] = files.has(key) ? await fileText(io, key, String(value)) : value;
  }
  return values;
}
/** What is long or secret is given as `@file` or `-`, so that it stands in no list of processes. */
const files: ReadonlySet<string> = new Set(['chain', 'key']);

async function fileText(io: Pick<Io, 'stdin'>, key: string, text: string): Promise<string> {
  if (text === '-') return io.stdin();
  if (text.startsWith('@')) return readFileSync(text.slice(1), 'utf8');
  throw new InvalidArgumentError(`--${key} takes a file: --${key} @path, or - for standard input.`);
}

const camel = (text: string): string => text.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/**
 * `port=8080`, a JSON object, or `@file` and `-` with one in it: so that a secret needs not stand in the arguments. Where
 * the object has a type, a word alone is that. Fields that are known to be text stay as they were written.
 */
async function objectFrom(
  io: Pick<Io, 'stdin'>,
  given: readonly string[],
  known: JsonSchema['properties'] = {},
): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {};
  for (const text of given) {
    if (text.startsWith('@')) Object.assign(all, object(readFileSync(text.slice(1), 'utf8')));
    else if (text === '-') Object.assign(all, object(await io.stdin()));
    else if (text.startsWith('{')) Object.assign(all, object(text));
    else Object.assign(all, field(text, known));
  }
  return all;
}

/** A word, or what stands in `@file` or comes in by `-`: a secret needs not stand in the arguments. */
export async function wordFrom(io: Pick<Io, 'stdin'>, text: string): Promise<unknown> {
  if (text === '-') return word((await io.stdin()).trim());
  return word(text.startsWith('@') ? readFileSync(text.slice(1), 'utf8').trim() : text);
}

function field(text: string, known: NonNullable<JsonSchema['properties']>): Record<string, unknown> {
  if (known['type'] && /^[a-z]+$/.test(text)) return { type: text };
  const [, key, value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined) throw new InvalidArgumentError(`'${text}' is neither key=value nor a JSON object.`);
  return { [key]: known[key]?.type === 'string' ? value : word(value) };
}

function object(text: string): object {
  const value = word(text.trim());
  if (value !== null && typeof value === 'object') return value;
  throw new InvalidArgumentError('It is not a JSON object.');
}

/** Numbers, true, false, null, lists and objects are what they look like; everything else is text. */
export function word(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // 007 and 1e999 would be sent as something else.
    return typeof value === 'number' && String(value) !== text ? text : value;
  } catch {
    return text; // Not JSON, so it is meant as text.
  }
}

/** `{…}` is JSON; `http=nginx` is a service with its engine; `old.example.com=redirect` an alias that redirects. */
function element(items: JsonSchema | undefined, text: string): unknown {
  if (text.startsWith('{')) return object(text);
  const [, left, right] = /^([^=]+)=([^=]+)$/.exec(text) ?? [];
  if (left === undefined) return text;
  return items?.type === 'object' ? { type: left, engine: right } : { name: left, redirect: right === 'redirect' };
}
