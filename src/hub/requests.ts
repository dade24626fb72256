import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { RequestsRead } from '../model/requests.ts';
import { jsonb } from './database.ts';
import type { Tables } from './tables.ts';

/** Of one web server. */
export interface RequestsOf extends RequestsRead {
  /** Of type http. */
  readonly service: string;
}

/** So old may a line be, and so far ahead the clock of its server; what is beyond has a time that somebody has made up. */
const oldestMs = 60 * 24 * 60 * 60_000;
const aheadMs = 24 * 60 * 60_000;

/** In the transaction that ends the turn: what was counted and how far the log was read come to be together. */
export async function recordRequests(tx: Kysely<Tables>, { service, counts, positions }: RequestsOf): Promise<void> {
  await sql`
    insert into web_log (service_id, positions) values (${service}, ${jsonb(positions)}::jsonb)
    on conflict (service_id) do update set positions = excluded.positions, read_at = now()`.execute(tx);
  const now = Date.now();
  const known = counts.filter(({ at }) => Date.parse(at) > now - oldestMs && Date.parse(at) < now + aheadMs);
  const sites = await sitesOf(tx, service, [...new Set(known.map(({ host }) => host))]);
  const byDay = new Map<string, number>();
  for (const { host, at, requests } of known) {
    const site = sites.get(host);
    if (site === undefined) continue;
    const key = `${site} ${at.slice(0, 10)}`;
    byDay.set(key, (byDay.get(key) ?? 0) + requests);
  }
  const rows = [...byDay].map(([key, requests]) => [...key.split(' '), String(requests)] as const);
  await sql`
    insert into request_count (site_id, day, requests)
    select * from unnest(${rows.map(([site]) => site)}::bigint[], ${rows.map(([, day]) => day)}::date[],
                         ${rows.map(([, , requests]) => requests)}::bigint[])
    on conflict (site_id, day) do update set requests = request_count.requests + excluded.requests`.execute(tx);
}

/** Whose these host names are, of the sites that the web server publishes: the name itself, else the nearest '*.' above it. */
async function sitesOf(
  tx: Kysely<Tables>,
  service: string,
  hosts: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ name: string; siteId: string }>`
    select alias.name, alias.site_id from alias join site on site.id = alias.site_id
      join platform on platform.id = site.platform_id
    where platform.http_service_id = ${service} and alias.kind <> 'reserved'
      and alias.name = any (${[...new Set(hosts.flatMap(namesFor))]}::text[])`.execute(tx);
  const byName = new Map(rows.map(({ name, siteId }) => [name, siteId]));
  return new Map(
    hosts.flatMap((host) => {
      const name = namesFor(host).find((one) => byName.has(one));
      return name === undefined ? [] : [[host, byName.get(name) ?? ''] as const];
    }),
  );
}

const partsMax = 10;

function namesFor(host: string): readonly string[] {
  const parts = host.split('.').slice(-partsMax);
  return [host, ...parts.slice(1).map((_, at) => `*.${parts.slice(at + 1).join('.')}`)];
}

/**
 * Requests to a site on a day, for a query with `statistic` in it. Null where nobody has counted them: the web server keeps no
 * log, or was not read yet.
 */
export const requestsOn = (site: RawBuilder<unknown>, day: RawBuilder<unknown>): RawBuilder<unknown> => sql`coalesce(
  (select requests from request_count where request_count.site_id = ${site} and request_count.day = ${day}),
  (select 0 from site join platform on platform.id = site.platform_id join web_log on web_log.service_id = platform.http_service_id
   where site.id = ${site} and (web_log.since at time zone 'UTC')::date <= ${day}))`;
