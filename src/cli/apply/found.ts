import type { Call } from '../../api/call.ts';
import type { Answer } from '../../api/endpoints.ts';
import { Problem } from '../../model/problem.ts';
import { atMost } from './at-most.ts';
import type { Farm } from './farm-file.ts';

/** What the hub has of that which a file speaks of, by name; also what it refers to and does not describe. */
export interface Found {
  readonly client: ReadonlyMap<string, Answer<'client get'>>;
  readonly server: ReadonlyMap<string, Answer<'server get'>>;
  readonly platform: ReadonlyMap<string, Answer<'platform get'>>;
  readonly site: ReadonlyMap<string, Answer<'site get'>>;
  /** Names of the options that an engine keeps sealed: secrets.get('db mysql'). */
  readonly secrets: ReadonlyMap<string, readonly string[]>;
}
export type Noun = Exclude<keyof Found, 'secrets'>;

/** Names that the file refers to, by noun. */
export function referred({ platforms, sites }: Farm): { readonly [One in Noun]: readonly string[] } {
  const all = Object.values(sites).filter(({ absent }) => !absent);
  const some = (names: readonly (string | null | undefined)[]): string[] => names.filter((name) => name != null);
  return {
    client: some([
      ...all.map(({ client }) => client),
      ...Object.values(platforms).flatMap(({ clients = [] }) => clients),
    ]),
    server: some([
      ...Object.values(platforms).map(({ server }) => server),
      ...all.flatMap(({ dbServer, dns }) => [dbServer, dns]),
    ]),
    platform: some(all.map(({ platform }) => platform)),
    site: [],
  };
}

export async function look(call: Call, farm: Farm): Promise<Found> {
  const also = referred(farm);
  const [client, server, platform, site] = [
    await each(call, 'client get', [...Object.keys(farm.clients), ...also.client]),
    await each(call, 'server get', [...Object.keys(farm.servers), ...also.server]),
    await each(call, 'platform get', [...Object.keys(farm.platforms), ...also.platform]),
    await each(call, 'site get', Object.keys(farm.sites)),
  ];
  const { items } = await call('engine list', {});
  const secrets = new Map(items.map((engine) => [`${engine.type} ${engine.name}`, engine.secrets]));
  return { client, server, platform, site, secrets };
}

const atOnceMax = 8;

async function each<Name extends `${Noun} get`>(
  call: Call,
  get: Name,
  names: readonly string[],
): Promise<ReadonlyMap<string, Answer<Name>>> {
  const found = new Map<string, Answer<Name>>();
  await atMost(atOnceMax, [...new Set(names)], async (name) => {
    // Each of these endpoints takes a name and nothing else.
    const answer = await call(get, { params: { name } } as never).catch((error: unknown) => {
      if (error instanceof Problem && error.code === 'not-found') return null;
      throw error;
    });
    // A name of digits would also be found as an id.
    if (answer !== null && (answer as { name: string }).name === name) found.set(name, answer);
  });
  return found;
}
