import { sql } from 'kysely';
import type { Pointing } from '../../services/dns/dns.ts';
import { one } from '../rows.ts';
import { type Reading, type ServiceOnServer, serverRow, serviceOfType, serviceOnServer } from './service-rows.ts';

/** Of a site itself, also for a copy of it: names and records are the site's. */
export interface SiteDnsRows {
  /** Where its names have their records from now on; null: somebody else cares for them. */
  readonly serviceId: string | null;
  /** For how long others may remember its records; null: as the service says. */
  readonly ttlSeconds: number | null;
  /** No longer than this, whoever says what: it moves in stages. null: nothing limits it. */
  readonly ttlSecondsMax: number | null;
  /** By which its records are known. */
  readonly owner: string;
  readonly records: readonly {
    readonly serviceId: string;
    readonly name: string;
    readonly pointing: Pointing | null;
  }[];
  /** Each that is named above. */
  readonly services: readonly ServiceOnServer[];
}

export async function siteDnsRows(reading: Reading, site: string): Promise<SiteDnsRows> {
  const { rows } = await sql<{ dnsServiceId: string | null; dnsTtlS: number | null; max: number | null; mark: string }>`
    select dns_service_id, dns_ttl_s, mark,
      (select ttl_s from staged_move where site_id = site.id and stage in ('lower', 'wait', 'move', 'watch')) as max
    from site, dns_mark where id = ${site}`.execute(reading.db);
  const { dnsServiceId, dnsTtlS, max, mark } = one(rows, `there is no site ${site}`);
  const { rows: records } = await sql<SiteDnsRows['records'][number]>`
    select service_id, name, pointing from dns_record where site_id = ${site} order by service_id, name`.execute(
    reading.db,
  );
  const ids = new Set([...(dnsServiceId === null ? [] : [dnsServiceId]), ...records.map(({ serviceId }) => serviceId)]);
  const services: ServiceOnServer[] = [];
  for (const id of ids) services.push(await serviceOnServer(reading, id));
  const ttl = { ttlSeconds: dnsTtlS, ttlSecondsMax: max };
  return { serviceId: dnsServiceId, ...ttl, owner: `${mark}/${site}`, records, services };
}

/** Of the dns service of a server. */
export interface DnsServiceRows {
  readonly service: ServiceOnServer;
  /** Of all records that sites have there; not of those that are being made. */
  readonly pointings: readonly Pointing[];
}

/** Null: the server has none. */
export async function dnsServiceRows(reading: Reading, server: string): Promise<DnsServiceRows | null> {
  const row = await serviceOfType(reading, server, 'dns');
  if (!row) return null;
  const { rows } = await sql<{ pointing: Pointing }>`
    select pointing from dns_record where service_id = ${row.id} and pointing is not null order by name`.execute(
    reading.db,
  );
  const service = { ...row, server: await serverRow(reading, server) };
  return { service, pointings: rows.map(({ pointing }) => pointing) };
}
