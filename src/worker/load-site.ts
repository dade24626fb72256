import { type Kysely, sql } from 'kysely';
import type { PackageScan } from '../applications/application.ts';
import { copyOf } from '../hub/copies.ts';
import { one } from '../hub/rows.ts';
import { unseal } from '../hub/seal.ts';
import { cronRules } from '../hub/site-cron.ts';
import { siteSecret } from '../hub/site-secrets.ts';
import type { Tables } from '../hub/tables.ts';
import type { Json } from '../model/json.ts';
import { Problem } from '../model/problem.ts';
import { serverPaths } from '../model/server.ts';
import type { Site, SiteStatus, TlsMode } from '../model/site.ts';
import type { CopyContext, SiteContext } from '../tasks/context.ts';
import { loadDns } from './load-dns.ts';
import {
  type Loading,
  openService,
  platformRow,
  serverRow,
  serviceOfType,
  serviceOptions,
  serviceRow,
  settingsLines,
  vhostLines,
} from './load-rows.ts';

interface SiteRow {
  id: string;
  name: string;
  status: string;
  platformId: string;
  dbServiceId: string;
  directory: string;
  title: string;
  profile: string;
  language: string;
  email: string;
  redirection: string | null;
  tls: string;
  certificatePath: string | null;
  keyPath: string | null;
  dbName: string;
  dbUser: string;
  dbPassword: Buffer;
  dbIsOurs: boolean;
  hashSalt: Buffer;
  cronKey: Buffer;
  runUser: string;
  fpmSocket: string;
  data: Json;
  scan: PackageScan | null;
  cronEveryS: number | null;
  cronBy: string | null;
  application: string | null;
}

export async function loadSite(loading: Loading, id: string): Promise<SiteContext> {
  const row = await siteRow(loading.db, id);
  return contextOf(loading, await toSite(loading, row, row), row);
}

/** Its own directory, where the copy is made in a hidden one. */
export async function loadCopy(
  loading: Loading,
  id: string,
  change: (site: Site) => Site = (site) => site,
): Promise<CopyContext> {
  const own = await siteRow(loading.db, id);
  const copy = await siteRow(loading.db, await copyOf(loading.db, id, loading.task));
  const directory = copy.directory.startsWith('.') ? own.directory : copy.directory;
  const site = await toSite(loading, { ...own, name: copy.name, directory }, copy);
  return { ...(await contextOf(loading, change(site), copy)), draft: copy.directory };
}

async function contextOf(loading: Loading, site: Site, row: SiteRow): Promise<SiteContext> {
  const { db, catalog, report } = loading;
  const { platform, scan, serverId, httpServiceId } = await platformRow(db, row.platformId);
  const { server, root } = await serverRow(db, serverId);
  const httpRow = await serviceRow(db, httpServiceId);
  const dbRow = await serviceRow(db, row.dbServiceId);
  const [httpGiven, dbGiven] = [serviceOptions(loading, httpRow), serviceOptions(loading, dbRow)];
  const secrets = [site.database.password, site.hashSalt, site.cronKey, ...httpGiven.secrets, ...dbGiven.secrets];

  const machine = loading.openMachine(server, secrets);
  const paths = serverPaths(root, server.name);
  const http = openService(catalog, 'http', httpRow, { machine, paths }, httpGiven.options);
  const dbServer = dbRow.serverId === serverId ? { server, root } : await serverRow(db, dbRow.serverId);
  const dbMachine = dbServer.server === server ? machine : loading.openMachine(dbServer.server, secrets);
  const dbHost = { machine: dbMachine, paths: serverPaths(dbServer.root, dbServer.server.name) };
  const database = openService(catalog, 'db', dbRow, dbHost, dbGiven.options);

  const cronRow = await serviceOfType(db, serverId, 'cron');
  const cron =
    cronRow && openService(catalog, 'cron', cronRow, { machine, paths }, serviceOptions(loading, cronRow).options);

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
  const { database: _, hashSalt, cronKey, ...open } = site;
  const who = { site: open, platform, server };
  const lines = {
    settings: settingsLines(catalog, application.name, who),
    vhost: vhostLines(catalog, httpRow.engine, who),
  };
  const services = { http: httpRow.id, db: dbRow.id, httpEngine: httpRow.engine, dbEngine: dbRow.engine };
  return {
    ...{ report, server, paths, machine, services, site, platform, http, db: database, cron, application, scan },
    ...{ installed, lines, ownScan: row.scan, dns: await loadDns(loading, site.id) },
  };
}

async function siteRow(db: Kysely<Tables>, id: string): Promise<SiteRow> {
  const { rows } = await sql<SiteRow>`
    select id, name, status, platform_id, db_service_id, directory, title, profile, language, email, redirection, tls,
           certificate_path, key_path, db_name, db_user, db_password, db_is_ours, hash_salt, cron_key, run_user,
           fpm_socket, data, scan, cron_every_s, cron_by,
           (select application from platform where platform.id = site.platform_id) as application
    from site where id = ${id}`.execute(db);
  return one(rows, `there is no site ${id}`);
}

/** `of` is the row whose database it has. */
async function toSite({ db, key }: Loading, row: SiteRow, of: SiteRow): Promise<Site> {
  const { id, name, directory, title, profile, language, email, redirection, runUser, fpmSocket } = row;
  const { rows } = await sql<{ name: string; redirect: boolean }>`
    select name, kind = 'redirect' as redirect from alias
    where site_id = ${id} and kind not in ('canonical', 'reserved') and name <> ${name} order by name`.execute(db);
  const { certificatePath, keyPath } = row;
  return {
    ...{ id, name, directory, title, profile, language, email, redirection, runUser, fpmSocket },
    // The column's checks allow nothing else, and only objects are ever written to data.
    status: row.status as SiteStatus,
    tls: row.tls as TlsMode,
    data: row.data as Site['data'],
    aliases: rows,
    certificate: certificatePath !== null && keyPath !== null ? { certificatePath, keyPath } : null,
    database: {
      name: of.dbName,
      user: of.dbUser,
      password: unseal(key, of.dbPassword, siteSecret('db_password', of.id)),
    },
    databaseIsOurs: of.dbIsOurs,
    hashSalt: unseal(key, row.hashSalt, siteSecret('hash_salt', id)),
    cronKey: unseal(key, row.cronKey, siteSecret('cron_key', id)),
    cron: (await cronRules(db))(row),
  };
}
