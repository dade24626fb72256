import { sql } from 'kysely';
import type { Asking } from './hub.ts';
import { resolve } from './resolve.ts';
import { visible } from './visible.ts';

/** By platform's id: names of the clients that it was given to, as far as one may see them. */
export async function clientsOf(
  { tx, caller }: Asking,
  platforms: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await sql<{ platformId: string; name: string }>`
    select platform_client.platform_id, client.name
    from platform_client join client on client.id = platform_client.client_id
    where platform_client.platform_id = any (${[...platforms]}::bigint[]) and ${visible('client', caller)}
    order by client.name`.execute(tx);
  const found = Map.groupBy(rows, ({ platformId }) => platformId);
  return new Map([...found].map(([id, clients]) => [id, clients.map(({ name }) => name)]));
}

/** To these and no others; to none: to all. Sites that are there already stay. */
export async function giveTo(asking: Asking, platform: string, clients: readonly string[]): Promise<void> {
  const ids: string[] = [];
  for (const client of clients) ids.push((await resolve(asking, 'client', client, { lock: true })).id);
  await sql`delete from platform_client where platform_id = ${platform}`.execute(asking.tx);
  await sql`
    insert into platform_client (platform_id, client_id)
    select distinct ${platform}::bigint, id from unnest(${ids}::bigint[]) as given (id)`.execute(asking.tx);
}
