import { isLocal } from '../model/server.ts';
import type { Load, PlatformContext, ServerContext } from '../tasks/context.ts';
import { loadBackup } from './load-backup.ts';
import { loadCertificate } from './load-certificate.ts';
import { loadCommon } from './load-common.ts';
import { type Loading, openAny, openServer, openService, secretsOf, withFiles, withWebs } from './load-rows.ts';
import { loadCopy, loadSite } from './load-site.ts';

/** From ids in the hub to things with hands. With its parts the only place where rows, engines and servers meet. */
export function loader(loading: Loading): Load {
  const { rows } = loading;
  return {
    server: (id) => loadServer(loading, id),
    platform: (id) => loadPlatform(loading, id),
    site: (id) => loadSite(loading, id),
    copy: (id, change) => loadCopy(loading, id, change),
    backup: async (id) => loadBackup(loading, await rows.backup(id)),
    newBackup: async () => loadBackup(loading, await rows.newBackup()),
    certificate: (id) => loadCertificate(loading, id),
    common: (from, to) => loadCommon(loading, from, to),
  };
}

async function loadServer(loading: Loading, id: string): Promise<ServerContext> {
  const { rows, catalog, report } = loading;
  const found = await rows.server(id);
  const { server, paths, machine } = openServer(
    loading,
    found.server,
    [...found.services, ...found.services.flatMap(({ files }) => files ?? [])].flatMap(secretsOf),
  );
  const services = found.services.map((row) => ({
    id: row.id,
    type: row.type,
    engine: row.engine,
    readTo: row.readTo,
    // Every service's engine can verify: `Provides` is what `engine()` asks for.
    opened: openAny(catalog, row, {
      ...{ machine, paths },
      ...withFiles(loading, row.files, { server, machine, paths }),
      ...withWebs(loading, row, server),
    }) as ServerContext['services'][number]['opened'],
  }));
  const scanHostKeys = isLocal(server) ? null : () => loading.scanHostKeys(server);
  return { report, server, paths, machine, services, engines: catalog.engines, scanHostKeys };
}

async function loadPlatform(loading: Loading, id: string): Promise<PlatformContext> {
  const { rows, catalog, report } = loading;
  const { http, server: serverRow, ...row } = await rows.platform(id);
  const { server, paths, machine } = openServer(loading, serverRow, secretsOf(http));
  return {
    ...{ report, server, paths, machine, ...row },
    http: openService(catalog, 'http', http, { machine, paths, ...withWebs(loading, http, server) }),
    applications: catalog.applications,
  };
}
