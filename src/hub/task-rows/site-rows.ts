import { type Kysely, sql } from 'kysely';
import type { PackageScan } from '../../applications/application.ts';
import type { Site, SiteStatus, TlsMode } from '../../model/site.ts';
import { copyOf } from '../copies.ts';
import { one } from '../rows.ts';
import { unseal } from '../seal.ts';
import { type CronColumns, cronRules } from '../site-cron.ts';
import { siteSecret } from '../site-secrets.ts';
import type { Tables } from '../tables.ts';
import { certificatePem } from './certificate-rows.ts';
import { type SiteDnsRows, siteDnsRows } from './dns-rows.ts';
import { type PlatformHere, platformHere } from './platform-rows.ts';
import { type Reading, type ServiceOnServer, type ServiceRow, serviceOfType, serviceOnServer } from './service-rows.ts';

/** A site with all that it relates to. */
export interface SiteRows extends PlatformHere {
  readonly site: Site;
  readonly db: ServiceOnServer;
  /** Its server's own; null: the hub sees to it. */
  readonly cron: ServiceRow | null;
  readonly dns: SiteDnsRows;
  /** Of its own directory. */
  readonly ownScan: PackageScan | null;
}

/** Who it is from the site, where it is from the copy. */
export interface CopyRows extends SiteRows {
  /** Directory below sites/ in which the copy is made. */
  readonly draft: string;
}

interface Columns extends CronColumns {
  readonly id: string;
  readonly name: string;
  readonly status: SiteStatus; // The column's checks allow nothing else, and only objects are ever written to data.
  readonly platformId: string;
  readonly dbServiceId: string;
  readonly directory: string;
  readonly title: string;
  readonly profile: string;
  readonly language: string;
  readonly email: string;
  readonly redirection: string | null;
  readonly tls: TlsMode;
  readonly hstsSeconds: number | null;
  readonly certificatePath: string | null;
  readonly keyPath: string | null;
  readonly certificateId: string | null;
  readonly dbName: string;
  readonly dbUser: string;
  readonly dbPassword: Buffer;
  readonly dbIsOurs: boolean;
  readonly hashSalt: Buffer;
  readonly cronKey: Buffer;
  readonly runUser: string;
  readonly fpmSocket: string;
  readonly data: Site['data'];
  readonly scan: PackageScan | null;
}

export async function siteRows(reading: Reading, id: string): Promise<SiteRows> {
  const row = await columnsOf(reading.db, id);
  return rowsOf(reading, await toSite(reading, row, row), row);
}

/** Its own directory, where the copy is made in a hidden one. */
export async function copyRows(reading: Reading, id: string): Promise<CopyRows> {
  const own = await columnsOf(reading.db, id);
  const copy = await columnsOf(reading.db, await copyOf(reading.db, id, reading.task));
  const directory = copy.directory.startsWith('.') ? own.directory : copy.directory;
  const site = await toSite(reading, { ...own, name: copy.name, directory }, copy);
  return { ...(await rowsOf(reading, site, copy)), draft: copy.directory };
}

async function rowsOf(reading: Reading, site: Site, row: Columns): Promise<SiteRows> {
  const here = await platformHere(reading, row.platformId);
  return {
    ...here,
    site,
    db: await serviceOnServer(reading, row.dbServiceId),
    cron: await serviceOfType(reading, here.server.id, 'cron'),
    dns: await siteDnsRows(reading, site.id),
    ownScan: row.scan,
  };
}

async function columnsOf(db: Kysely<Tables>, id: string): Promise<Columns> {
  const { rows } = await sql<Columns>`
    select id, name, status, platform_id, db_service_id, directory, title, profile, language, email, redirection, tls,
           hsts_s as hsts_seconds, certificate_path, key_path, db_name, db_user, db_password, db_is_ours, hash_salt, cron_key, run_user,
           fpm_socket, data, scan, cron_every_s, cron_by, certificate_id,
           (select application from platform where platform.id = site.platform_id) as application
    from site where id = ${id}`.execute(db);
  return one(rows, `there is no site ${id}`);
}

/** `of` is the row whose database it has. */
async function toSite(reading: Reading, row: Columns, of: Columns): Promise<Site> {
  const { db, key } = reading;
  const { id, name, directory, title, profile, language, email, redirection, runUser, fpmSocket, status, tls } = row;
  const { rows } = await sql<{ name: string; redirect: boolean }>`
    select name, kind = 'redirect' as redirect from alias
    where site_id = ${id} and kind not in ('canonical', 'reserved') and name <> ${name} order by name`.execute(db);
  const { certificatePath, keyPath, data, hstsSeconds } = row;
  return {
    ...{
      id,
      name,
      directory,
      title,
      profile,
      language,
      email,
      redirection,
      runUser,
      fpmSocket,
      status,
      tls,
      data,
      hstsSeconds,
    },
    aliases: rows,
    certificate: certificatePath !== null && keyPath !== null ? { certificatePath, keyPath } : null,
    pem: row.certificateId === null ? null : await certificatePem(reading, row.certificateId),
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
