import type { EndpointName } from '../../api/endpoints.ts';
import { type Change, differences, type FieldChange, given, type Step, type Values, valuesOf } from './change.ts';
import type { Farm, FarmFile } from './farm-file.ts';
import type { Found, Noun } from './found.ts';

export interface PlanRules {
  /** What the file calls absent may be deleted. */
  readonly delete: boolean;
  /** Secrets that are set already are set anew. */
  readonly secrets: boolean;
}

export interface Planning {
  readonly file: FarmFile;
  readonly found: Found;
  readonly rules: PlanRules;
  complain(text: string): void;
}

export function planClient(
  { found }: Planning,
  name: string,
  { absent, status, ...wanted }: Farm['clients'][string],
): Change | null {
  const now = found.client.get(name);
  if (absent) return now ? deleting('client', name, { ask: 'client delete', input: { params: { name } } }) : null;
  const setStatus: Step = { ask: 'client set', input: { params: { name }, body: { status } } };
  if (!now)
    return {
      ...{ noun: 'client', name, how: 'add', fields: given({ ...wanted, status }) },
      steps: [
        { ask: 'client create', input: { body: { name, ...withoutNull(wanted) } } },
        ...(status === 'locked' ? [setStatus] : []),
      ],
    };
  return setting('client set', now, differences({ ...wanted, status }, { ...now }));
}

/** What is null need not be said of something new. */
const withoutNull = (values: Values): Values =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== undefined));

export function planPlatform(
  planning: Planning,
  name: string,
  { absent, root, server, source, ...wanted }: Farm['platforms'][string],
): Change | null {
  const now = planning.found.platform.get(name);
  if (absent) return now ? deleting('platform', name, task('platform', name, 'platform delete')) : null;
  if (!now) {
    if (root === undefined) planning.complain(`platform ${name} is new and has no root`);
    const all = { root, server, source, ...wanted };
    return {
      ...{ noun: 'platform', name, how: 'add', fields: given(all) },
      steps: [{ ask: 'platform create', input: { body: valuesOf([{ field: 'name', to: name }, ...given(all)]) } }],
    };
  }
  fixed(planning, 'platform', name, { root, server, ...(now.source && { source }) }, { ...now });
  const changed = differences(wanted, { title: now.title, clients: now.clients.toSorted() });
  return setting('platform set', now, changed, recovery('platform', now, ['platform build', 'platform verify']));
}

/** Fields that are chosen once. */
export function fixed({ complain }: Planning, noun: Noun, name: string, wanted: Values, now: Values): void {
  for (const { field, from, to } of differences(wanted, now))
    complain(
      `${noun} ${name} has ${field} ${JSON.stringify(from)}, which cannot become ${JSON.stringify(to)}: leave it out, or delete it and make it anew`,
    );
}

export const deleting = (noun: Noun, name: string, ...steps: readonly Step[]): Change => ({
  ...{ noun, name, how: 'delete', fields: [], steps },
});

export const task = (noun: 'server' | 'platform' | 'site', name: string, wanted: string, args: Values = {}): Step => ({
  ask: `${noun} task`,
  input: { params: { name }, body: { name: wanted, args } },
});

interface Seen {
  readonly id: string;
  readonly name: string;
  readonly etag: string;
  readonly status: string;
}

/** Fields that are set in one request, refused if somebody else has changed the same meanwhile; and what has to follow. */
export function setting(
  ask: EndpointName,
  now: Seen,
  fields: readonly FieldChange[],
  { how, steps }: Pick<Change, 'how' | 'steps'> = { how: 'change', steps: [] },
): Change | null {
  if (fields.length === 0 && steps.length === 0) return null;
  const noun = ask.split(' ')[0] as Noun; // Of a set endpoint of one of them.
  const set: Step = { ask, input: { params: { name: now.name }, body: valuesOf(fields) }, ifMatch: now.etag };
  return {
    ...{ noun, name: now.name, how: fields.length > 0 ? 'change' : how, fields },
    steps: [...(fields.length > 0 ? [set] : []), ...steps],
  };
}

/** Of what is being made, the wait; of what could not be made, the first of these tasks that is possible. */
export function recovery(
  noun: 'server' | 'platform' | 'site',
  now: Seen & { readonly tasks: readonly { readonly name: string; readonly possible: boolean }[] },
  again: readonly string[],
): Pick<Change, 'how' | 'steps'> {
  if (now.status === 'queued') return { how: 'wait', steps: [{ waitFor: `${noun} ${now.id}` }] };
  if (now.status !== 'failed') return { how: 'change', steps: [] };
  const wanted = again.find((name) => now.tasks.some((one) => one.name === name && one.possible));
  return { how: 'repair', steps: [wanted ? task(noun, now.name, wanted) : { waitFor: `${noun} ${now.id}` }] };
}
