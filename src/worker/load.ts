import { sql } from 'kysely';
import { serverPaths } from '../model/server.ts';
import type { Load, PlatformContext, ServerContext } from '../tasks/context.ts';
import { loadBackup, loadNewBackup } from './load-backup.ts';
import {
  findEngine,
  type Loading,
  openService,
  platformBuild,
  platformRow,
  type ServiceRow,
  serverRow,
  serviceOptions,
  serviceRow,
} from './load-rows.ts';
import { loadCopy, loadSite } from './load-site.ts';

/** From ids in the hub to things with hands. With its parts the only place where rows, engines and servers meet. */
export function loader(loading: Loading): Load {
  return {
    server: (id) => loadServer(loading, id),
    platform: (id) => loadPlatform(loading, id),
    site: (id) => loadSite(loading, id),
    copy: (id, change) => loadCopy(loading, id, change),
    backup: (id) => loadBackup(loading, id),
    newBackup: () => loadNewBackup(loading),
  };
}

async function loadServer(loading: Loading, id: string): Promise<ServerContext> {
  const { db, catalog, report } = loading;
  const { server, root } = await serverRow(db, id);
  const { rows } = await sql<ServiceRow>`
    select id, server_id, type, engine, options, secrets from service
    where server_id = ${id} and status = 'enabled' order by type`.execute(db);
  const given = rows.map((row) => serviceOptions(loading, row));
  const machine = loading.openMachine(
    server,
    given.flatMap(({ secrets }) => secrets),
  );
  const paths = serverPaths(root, server.name);
  const services = rows.map((row, at) => ({
    id: row.id,
    type: row.type,
    engine: row.engine,
    // Every service's engine can verify: `Provides` is what `engine()` asks for.
    opened: findEngine(catalog, row).open(
      { machine, paths },
      given[at]?.options,
    ) as ServerContext['services'][number]['opened'],
  }));
  return { report, server, paths, machine, services, engines: catalog.engines };
}

async function loadPlatform(loading: Loading, id: string): Promise<PlatformContext> {
  const { db, catalog, report } = loading;
  const row = await platformRow(db, id);
  const { platform, scan, sitesFound, serverId, httpServiceId } = row;
  const [{ server, root }, http, { rows }] = await Promise.all([
    serverRow(db, serverId),
    serviceRow(db, httpServiceId),
    sql<{ directory: string }>`
      select directory from site where platform_id = ${id} and status <> 'deleted'`.execute(db),
  ]);
  const { options, secrets } = serviceOptions(loading, http);
  const machine = loading.openMachine(server, secrets);
  const paths = serverPaths(root, server.name);
  return {
    report,
    server,
    paths,
    machine,
    platform,
    build: await platformBuild(db, row),
    http: openService(catalog, 'http', http, { machine, paths }, options),
    applications: catalog.applications,
    scan,
    siteDirectories: rows.map(({ directory }) => directory),
    sitesFound: sitesFound.map(({ directory }) => directory),
  };
}
