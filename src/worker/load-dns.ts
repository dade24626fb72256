import type { SiteDnsRows } from '../hub/task-rows/dns-rows.ts';
import type { ServiceOnServer } from '../hub/task-rows/service-rows.ts';
import type { DnsService, SiteDns } from '../tasks/context.ts';
import { type Loading, openWhereItIs } from './load-rows.ts';

export function loadDns(loading: Loading, { serviceId, records, services, ...rest }: SiteDnsRows): SiteDns {
  const opened = new Map(services.map((row) => [row.id, openDns(loading, row)]));
  return {
    service: opened.get(serviceId ?? '') ?? null,
    ...rest,
    records: records.flatMap(({ serviceId: id, name, pointing }) => {
      const service = opened.get(id);
      return service ? [{ service, name, pointing }] : [];
    }),
  };
}

export function openDns(loading: Loading, row: ServiceOnServer): DnsService {
  const { server, service: dns } = openWhereItIs(loading, 'dns', row);
  return { id: row.id, server, dns };
}
