import { sql } from 'kysely';
import { one } from '../hub/rows.ts';
import { serverPaths } from '../model/server.ts';
import type { Pointing } from '../services/dns/dns.ts';
import type { DnsService, SiteDns } from '../tasks/context.ts';
import { type Loading, openService, serverRow, serviceOptions, serviceRow } from './load-rows.ts';

/** Of a site itself, also for a copy of it: names and records are the site's. */
export async function loadDns(loading: Loading, site: string): Promise<SiteDns> {
  const { db } = loading;
  const { rows } = await sql<{ dnsServiceId: string | null; mark: string }>`
    select dns_service_id, mark from site, dns_mark where id = ${site}`.execute(db);
  const { dnsServiceId, mark } = one(rows, `there is no site ${site}`);
  const { rows: records } = await sql<{ serviceId: string; name: string; pointing: Pointing | null }>`
    select service_id, name, pointing from dns_record where site_id = ${site} order by service_id, name`.execute(db);
  const services = new Map<string, DnsService>();
  for (const id of new Set([
    ...(dnsServiceId === null ? [] : [dnsServiceId]),
    ...records.map(({ serviceId }) => serviceId),
  ]))
    services.set(id, await openDns(loading, id));
  return {
    service: services.get(dnsServiceId ?? '') ?? null,
    owner: `${mark}/${site}`,
    records: records.flatMap(({ serviceId, name, pointing }) => {
      const service = services.get(serviceId);
      return service ? [{ service, name, pointing }] : [];
    }),
  };
}

async function openDns(loading: Loading, id: string): Promise<DnsService> {
  const row = await serviceRow(loading.db, id);
  const { server, root } = await serverRow(loading.db, row.serverId);
  const { options, secrets } = serviceOptions(loading, row);
  const host = { machine: loading.openMachine(server, secrets), paths: serverPaths(root, server.name) };
  return { id, server: server.name, dns: openService(loading.catalog, 'dns', row, host, options) };
}
