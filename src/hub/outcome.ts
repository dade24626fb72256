import { type Kysely, sql } from 'kysely';
import type { PackageFound, PackageOnSite } from '../model/package.ts';
import type { Found, Outcome } from '../tasks/outcome.ts';
import type { Noun } from '../tasks/task-type.ts';
import { recordBackup } from './backup-rows.ts';
import { copyOf, takeCopyOver } from './copies.ts';
import { jsonb } from './database.ts';
import { type SealKey, seal } from './seal.ts';
import { siteSecret } from './site-secrets.ts';
import type { Tables } from './tables.ts';

/** What a task changed in the truth, in the transaction that ends it. */
export async function recordOutcome(
  tx: Kysely<Tables>,
  key: SealKey,
  { task, noun, id }: { readonly task: string; readonly noun: Noun; readonly id: string },
  outcome: Outcome,
): Promise<void> {
  if (noun === 'server' && outcome.server) {
    const { status = null, verified = null } = outcome.server;
    await sql`
      update server set status = coalesce(${status}, status), verified_at = ${verifiedAt(verified)} where id = ${id}`.execute(
      tx,
    );
  }
  if (noun === 'platform' && outcome.platform) await recordPlatform(tx, id, outcome.platform);
  if (noun === 'site' && outcome.site) {
    if (outcome.site.moved) await takeCopyOver(tx, key, { site: id, task }, outcome.site.moved);
    await recordSite(tx, id, outcome.site);
  }
  if (noun === 'backup' && outcome.backup) await recordBackup(tx, { id, ...outcome.backup });
}

async function recordPlatform(
  tx: Kysely<Tables>,
  id: string,
  platform: NonNullable<Outcome['platform']>,
): Promise<void> {
  const { status = null, verified = null, root = null, application = null, version = null } = platform;
  await sql`
      update platform set status = coalesce(${status}, status), root = coalesce(${root}, root),
                          application = coalesce(${application}, application), version = coalesce(${version}, version),
                          verified_at = ${verifiedAt(verified)}
      where id = ${id}`.execute(tx);
}

/** true: now. false: not any more. null: as it was. */
const verifiedAt = (verified: boolean | null) =>
  verified === null ? sql`verified_at` : verified ? sql`now()` : sql`null`;

async function recordSite(tx: Kysely<Tables>, id: string, site: NonNullable<Outcome['site']>): Promise<void> {
  const { status = null, verified = null, databaseIsOurs = null } = site;
  await sql`
    update site set status = coalesce(${status}, status), db_is_ours = coalesce(${databaseIsOurs}, db_is_ours),
                    deleted_at = case when ${status} = 'deleted' then now() else deleted_at end,
                    verified_at = ${verifiedAt(verified)}
    where id = ${id}`.execute(tx);
  if (status !== 'deleted') return;
  // The row stays as a tombstone; its names are free for others.
  await sql`delete from alias where site_id = ${id}`.execute(tx);
  await sql`delete from package_on_site where site_id = ${id}`.execute(tx);
}

/** What a step found out, at once. May be repeated. */
export async function recordFound(
  tx: Kysely<Tables>,
  key: SealKey,
  { task, noun, id }: { readonly task: string; readonly noun: Noun; readonly id: string },
  found: Found,
): Promise<void> {
  if (noun === 'server' && found.server?.diagnosis !== undefined)
    await sql`update server set diagnosis = ${jsonb(found.server.diagnosis)}::jsonb where id = ${id}`.execute(tx);
  if (noun === 'platform' && found.platform) {
    const { scan, sitesFound, ...code } = found.platform;
    await recordPlatform(tx, id, code);
    if (scan) await recordScan(tx, id, scan);
    if (sitesFound)
      await sql`update platform set sites_found = ${jsonb(sitesFound)}::jsonb where id = ${id}`.execute(tx);
  }
  if (noun === 'site' && found.site) await recordFoundSite(tx, key, id, found.site);
  if (found.backup) await recordBackup(tx, found.backup);
  if (noun === 'site' && found.copy) await recordFoundSite(tx, key, await copyOf(tx, id, task), found.copy);
}

async function recordFoundSite(
  tx: Kysely<Tables>,
  key: SealKey,
  id: string,
  found: NonNullable<Found['site']>,
): Promise<void> {
  const { packages, profile, database, hashSalt } = found;
  if (profile !== undefined) await sql`update site set profile = ${profile} where id = ${id}`.execute(tx);
  if (database)
    await sql`
      update site set db_name = ${database.name}, db_user = ${database.user}, db_is_ours = false,
                      db_password = ${seal(key, database.password, siteSecret('db_password', id))}
      where id = ${id}`.execute(tx);
  if (hashSalt)
    await sql`update site set hash_salt = ${seal(key, hashSalt, siteSecret('hash_salt', id))} where id = ${id}`.execute(
      tx,
    );
  if (packages) await recordPackages(tx, id, packages);
}

/** The packages of a site, with few statements however many there are, and no write for those that are as they were. */
async function recordPackages(tx: Kysely<Tables>, site: string, packages: readonly PackageOnSite[]): Promise<void> {
  const given = jsonb(packages);
  await sql`
    insert into package (application, type, name, title)
    select platform.application, p.type, p.name, p.name
    from site join platform on platform.id = site.platform_id,
         jsonb_to_recordset(${given}::jsonb) as p (type text, name text)
    where site.id = ${site}
    on conflict do nothing`.execute(tx);
  await sql`
    insert into package_on_site (site_id, package_id, enabled, schema_version)
    select site.id, package.id, p.enabled, p."schemaVersion"
    from site join platform on platform.id = site.platform_id,
         jsonb_to_recordset(${given}::jsonb) as p (type text, name text, enabled boolean, "schemaVersion" bigint)
         join package on package.type = p.type and package.name = p.name
    where site.id = ${site} and package.application = platform.application
    on conflict (site_id, package_id) do update set enabled = excluded.enabled, schema_version = excluded.schema_version
    where (package_on_site.enabled, package_on_site.schema_version) is distinct from (excluded.enabled, excluded.schema_version)`.execute(
    tx,
  );
  await sql`
    delete from package_on_site using package
    where package_on_site.site_id = ${site} and package.id = package_on_site.package_id
      and (package.type, package.name) not in (select p.type, p.name from jsonb_to_recordset(${given}::jsonb) as p (type text, name text))`.execute(
    tx,
  );
}

async function recordScan(
  tx: Kysely<Tables>,
  platform: string,
  scan: NonNullable<NonNullable<Found['platform']>['scan']>,
): Promise<void> {
  const { rows } = await sql<{ changed: boolean }>`
    update platform set scan = ${jsonb(scan)}::jsonb
    where id = ${platform} and scan is distinct from ${jsonb(scan)}::jsonb returning true as changed`.execute(tx);
  if (rows.length > 0) await recordInstances(tx, platform, scan.packages);
}

/** The rows that lists and comparisons ask: package, its release, and where on the platform it is. */
async function recordInstances(tx: Kysely<Tables>, platform: string, packages: readonly PackageFound[]): Promise<void> {
  const given = jsonb(packages);
  const found = sql`jsonb_to_recordset(${given}::jsonb) as p
    (type text, name text, title text, version text, "schemaVersion" bigint, "coreCompatibility" text, path text, hidden boolean)`;
  // The step before this one has recorded which application it is.
  const application = sql`coalesce((select application from platform where id = ${platform}), '')`;
  await sql`
    insert into package (application, type, name, title)
    select distinct on (p.type, p.name) ${application}, p.type, p.name, p.title from ${found}
    on conflict (application, type, name) do update set title = excluded.title where package.title <> excluded.title`.execute(
    tx,
  );
  await sql`
    insert into release (package_id, version, schema_version, core_compatibility)
    select distinct package.id, p.version, p."schemaVersion", p."coreCompatibility"
    from ${found} join package on package.application = ${application} and package.type = p.type and package.name = p.name
    on conflict do nothing`.execute(tx);
  await sql`delete from instance where platform_id = ${platform}`.execute(tx);
  await sql`
    insert into instance (release_id, platform_id, path, hidden)
    select release.id, ${platform}::bigint, p.path, p.hidden
    from ${found} join package on package.application = ${application} and package.type = p.type and package.name = p.name
    join release on release.package_id = package.id and release.version is not distinct from p.version
      and release.schema_version is not distinct from p."schemaVersion"
      and release.core_compatibility is not distinct from p."coreCompatibility"
    on conflict do nothing`.execute(tx);
}
