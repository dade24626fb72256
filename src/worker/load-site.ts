import type { SiteRows } from '../hub/task-rows/site-rows.ts';
import type { Machine } from '../machine/machine.ts';
import { Problem } from '../model/problem.ts';
import type { Server } from '../model/server.ts';
import type { Site } from '../model/site.ts';
import type { Db } from '../services/db/db.ts';
import type { Web } from '../services/http/http.ts';
import type { CopyContext, SiteContext } from '../tasks/context.ts';
import { loadDns } from './load-dns.ts';
import {
  type Loading,
  type OpenServer,
  openServer,
  openService,
  secretsOf,
  settingsLines,
  vhostLines,
  withWebs,
} from './load-rows.ts';

export const loadSite = async (loading: Loading, id: string): Promise<SiteContext> =>
  contextOf(loading, await loading.rows.site(id));

export async function loadCopy(
  loading: Loading,
  id: string,
  change: (site: Site) => Site = (site) => site,
): Promise<CopyContext> {
  const { draft, ...rows } = await loading.rows.copy(id);
  return { ...contextOf(loading, { ...rows, site: change(rows.site) }), draft };
}

function contextOf(loading: Loading, rows: SiteRows): SiteContext {
  const { catalog, report } = loading;
  const { site, platform, scan, ownScan } = rows;
  const secrets = [
    ...[site.database.password, site.hashSalt, site.cronKey, ...(site.pem ? [site.pem] : [])],
    ...[...secretsOf(rows.http), ...secretsOf(rows.db)],
  ];
  const host = openServer(loading, rows.server, secrets);
  const { server, paths, machine } = host;
  const webs = withWebs(loading, rows.http, server);
  const http = openService(catalog, 'http', rows.http, { ...host, ...webs });
  const database = openDatabase(loading, rows, [host, ...(webs.webs?.named ?? []).map(asClient)]);
  const cron = rows.cron && openService(catalog, 'cron', rows.cron, host);
  const application = catalog.applications.find(({ name }) => name === platform.application);
  if (!application)
    throw new Problem(
      'not-found',
      `platform ${platform.name} holds no application that Aegir knows (${platform.application ?? 'not verified yet'})`,
      {
        hint: `Run: aegir platform verify ${platform.name}`,
      },
    );
  const installed = {
    site,
    platform,
    database: database.address(site.database, `${platform.root}/sites/${site.directory}`),
    address: http.address(site),
  };
  const { database: _, hashSalt, cronKey, pem, ...open } = site;
  const who = { site: open, platform, server };
  const lines = {
    settings: settingsLines(catalog, application.name, who),
    vhost: vhostLines(catalog, rows.http.engine, who),
  };
  const services = { http: rows.http.id, db: rows.db.id, httpEngine: rows.http.engine, dbEngine: rows.db.engine };
  return {
    ...{ report, server, paths, machine, services, site, platform, http, db: database, cron, application, scan },
    ...{ installed, lines, ownScan, dns: loadDns(loading, rows.dns) },
  };
}

/** From where a site comes to its database: its own server, and the members of a cluster. */
interface DatabaseClient {
  readonly server: Pick<Server, 'host'>;
  readonly machine: Machine;
}

const asClient = ({ host, machine }: Web): DatabaseClient => ({ server: { host }, machine });

/** On the site's own server or another one, which then has to let the site in from there. */
function openDatabase(
  loading: Loading,
  { db, server }: SiteRows,
  clients: readonly [OpenServer, ...DatabaseClient[]],
): Db {
  const [own] = clients;
  const byHost = new Map(clients.map((client) => [client.server.host, client.machine] as const));
  const [first = own.machine, ...more] = byHost.values();
  const { host } = db.server;
  const sites = byHost.size === 1 && host === server.host ? {} : { sites: { machine: first, host, more } };
  const on = db.serverId === server.id ? own : openServer(loading, db.server, secretsOf(db));
  return openService(loading.catalog, 'db', db, { ...on, ...sites });
}
