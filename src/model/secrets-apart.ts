import { Problem } from './problem.ts';
import { Secret } from './secret.ts';

/** A value on its way between hub and agent: as JSON, with its secrets beside it, as a Secret itself never becomes text. */
export interface Apart {
  readonly value: unknown;
  readonly secrets: readonly { readonly path: readonly (string | number)[]; readonly text: string }[];
}

/** Each secret is null in the value. */
export function secretsApart(whole: unknown): Apart {
  const secrets: { path: (string | number)[]; text: string }[] = [];
  const of = (value: unknown, path: readonly (string | number)[]): unknown => {
    if (value instanceof Secret) {
      secrets.push({ path: [...path], text: value.reveal() });
      return null;
    }
    if (Array.isArray(value)) return value.map((one, at) => of(one, [...path, at]));
    if (typeof value !== 'object' || value === null || value instanceof Date) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, of(one, [...path, name])]));
  };
  return { value: of(whole, []), secrets };
}

/** The way back; changes `value`. Throws Problem 'invalid' for a secret that has no place. */
export function secretsBack({ value, secrets }: Apart): unknown {
  for (const { path, text } of secrets) {
    let place: unknown = value;
    for (const name of path.slice(0, -1)) place = own(place, name) ? place[name] : undefined;
    const last = path.at(-1) ?? '';
    if (!own(place, last) || place[last] !== null)
      throw new Problem('invalid', 'there is no place for a secret', { hint: 'Hub and agent must be of one version.' });
    place[last] = new Secret(text);
  }
  return value;
}

const own = (place: unknown, name: string | number): place is Record<string | number, unknown> =>
  typeof place === 'object' && place !== null && Object.hasOwn(place, name);
