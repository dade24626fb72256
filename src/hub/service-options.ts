import type { Json } from '../model/json.ts';
import { type FieldProblem, Problem } from '../model/problem.ts';
import { Secret } from '../model/secret.ts';
import type { Engine } from '../services/engine.ts';
import { fieldsOf } from './fields.ts';
import type { Hub } from './hub.ts';
import { seal, unseal } from './seal.ts';
import { serviceSecrets } from './site-secrets.ts';

export type Options = { readonly [option: string]: Json };

/** Throws Problem 'invalid' for an engine that there is not. */
export function engineOf({ catalog }: Pick<Hub, 'catalog'>, type: string, name: string): Engine {
  const found = catalog.engines.find((engine) => engine.type === type && engine.name === name);
  if (found) return found;
  const known = catalog.engines.filter((engine) => engine.type === type).map((engine) => engine.name);
  throw new Problem('invalid', `there is no engine '${name}' for ${type}`, {
    hint: known.length > 0 ? `There are: ${known.join(', ')}.` : 'aegir engine list shows types and engines.',
    fields: [{ path: known.length > 0 ? 'engine' : 'type', message: 'is not known' }],
  });
}

/** Throws Problem 'invalid' with the fields when the engine does not take these options. An option it does not know is one too many. */
export function checkOptions(engine: Engine, options: Options): void {
  const parsed = engine.options.safeParse(options);
  const fields = parsed.success ? unknownOptions(engine, options) : fieldsOf(parsed.error, ['options']);
  if (fields.length === 0) return;
  throw new Problem('invalid', `these are not options of ${engine.name}`, {
    hint: `aegir engine list --type ${engine.type} shows them.`,
    fields,
  });
}

function unknownOptions(engine: Engine, options: Options): readonly FieldProblem[] {
  const parsed = engine.options.parse(options);
  if (parsed === null || typeof parsed !== 'object') return [];
  // zod leaves out what an object schema does not name.
  return Object.keys(options)
    .filter((key) => !Object.hasOwn(parsed, key))
    .map((key) => ({ path: `options.${key}`, message: 'is not an option of this engine' }));
}

/** What is stored as it is, and what is sealed; null when nothing is secret. */
export function split(
  { sealKey }: Pick<Hub, 'sealKey'>,
  engine: Engine,
  serviceId: string,
  options: Options,
): { readonly open: Options; readonly sealed: Buffer | null } {
  const parts = Object.groupBy(Object.entries(options), ([key]) => (engine.secrets.includes(key) ? 'secret' : 'open'));
  const secret = parts.secret && JSON.stringify(Object.fromEntries(parts.secret));
  return {
    open: Object.fromEntries(parts.open ?? []),
    sealed: secret === undefined ? null : seal(sealKey, new Secret(secret), serviceSecrets(serviceId)),
  };
}

/** The options as they were given, secrets too: for the check of a change, never for an answer. */
export function together(
  { sealKey }: Pick<Hub, 'sealKey'>,
  service: { readonly id: string; readonly options: Options; readonly secrets: Buffer | null },
): Options {
  if (!service.secrets) return service.options;
  const secrets = unseal(sealKey, service.secrets, serviceSecrets(service.id)).reveal();
  return { ...service.options, ...(JSON.parse(secrets) as Options) }; // split() wrote it
}

/** Only the given options change; null takes one away, so that its default is in force again. */
export function changedOptions(before: Options, change: Options | null | undefined): Options {
  if (change === undefined) return before;
  if (change === null) return {};
  const all = Object.entries({ ...before, ...change });
  return Object.fromEntries(all.filter(([, value]) => value !== null));
}
