import { type Kysely, sql } from 'kysely';
import type { PackageScan } from '../applications/application.ts';
import type { PackageOnSite } from '../model/package.ts';
import { jsonb } from './database.ts';
import type { Tables } from './tables.ts';

// Few statements however many packages there are, and no write for those that are as they were.

/** What a site has enabled, as it said itself. */
export async function recordPackages(
  tx: Kysely<Tables>,
  site: string,
  packages: readonly PackageOnSite[],
): Promise<void> {
  const given = jsonb(packages);
  await sql`
    insert into package (application, type, name, title)
    select platform.application, p.type, p.name, p.name
    from site join platform on platform.id = site.platform_id,
         jsonb_to_recordset(${given}::jsonb) as p (type text, name text)
    where site.id = ${site}
    on conflict do nothing`.execute(tx);
  await sql`
    insert into package_on_site (site_id, package_id, enabled, schema_version, is_default)
    select site.id, package.id, p.enabled, p."schemaVersion", p."isDefault"
    from site join platform on platform.id = site.platform_id,
         jsonb_to_recordset(${given}::jsonb) as p
           (type text, name text, enabled boolean, "schemaVersion" bigint, "isDefault" boolean)
         join package on package.type = p.type and package.name = p.name
    where site.id = ${site} and package.application = platform.application
    on conflict (site_id, package_id) do update
      set enabled = excluded.enabled, schema_version = excluded.schema_version, is_default = excluded.is_default
    where (package_on_site.enabled, package_on_site.schema_version, package_on_site.is_default)
      is distinct from (excluded.enabled, excluded.schema_version, excluded.is_default)`.execute(tx);
  await sql`
    delete from package_on_site using package
    where package_on_site.site_id = ${site} and package.id = package_on_site.package_id
      and (package.type, package.name) not in (select p.type, p.name from jsonb_to_recordset(${given}::jsonb) as p (type text, name text))`.execute(
    tx,
  );
}

/** Where packages lie: on a platform, or in the directory of a site. */
export type Holder = 'platform' | 'site';

/** What a scan found, and the rows that lists ask: package, its release, and where that is. */
export async function recordScan(tx: Kysely<Tables>, holder: Holder, id: string, scan: PackageScan): Promise<void> {
  const { rows } = await sql`
    update ${sql.table(holder)} set scan = ${jsonb(scan)}::jsonb
    where id = ${id} and scan is distinct from ${jsonb(scan)}::jsonb returning id`.execute(tx);
  if (rows.length > 0) await recordInstances(tx, holder, id, scan.packages);
}

async function recordInstances(
  tx: Kysely<Tables>,
  holder: Holder,
  id: string,
  packages: PackageScan['packages'],
): Promise<void> {
  // The step before this one has recorded which application it is.
  const application = sql`coalesce((select application from platform where id = ${
    holder === 'platform' ? sql`${id}` : sql`(select platform_id from site where id = ${id})`
  }), '')`;
  const found = sql`jsonb_to_recordset(${jsonb(packages)}::jsonb) as p (type text, name text, title text, version text,
    "schemaVersion" bigint, "coreCompatibility" text, path text, hidden boolean, precedence int, "ofProfile" text,
    php text, "lastRemovedUpdate" bigint)`;
  const named = sql`package.application = ${application} and package.type = p.type and package.name = p.name`;
  await sql`
    insert into package (application, type, name, title)
    select distinct on (p.type, p.name) ${application}, p.type, p.name, p.title from ${found}
    on conflict (application, type, name) do update set title = excluded.title where package.title <> excluded.title`.execute(
    tx,
  );
  await sql`
    insert into release (package_id, version, schema_version, core_compatibility)
    select distinct package.id, p.version, p."schemaVersion", p."coreCompatibility" from ${found} join package on ${named}
    on conflict do nothing`.execute(tx);
  const wanted = sql`
    select release.id as release_id, p.path, p.hidden, p.precedence, p."ofProfile" as of_profile, p.php,
           p."lastRemovedUpdate" as last_removed_update
    from ${found} join package on ${named}
    join release on release.package_id = package.id and release.version is not distinct from p.version
      and release.schema_version is not distinct from p."schemaVersion"
      and release.core_compatibility is not distinct from p."coreCompatibility"`;
  const columns = sql`release_id, path, hidden, precedence, of_profile, php, last_removed_update`;
  await sql`
    delete from instance where ${sql.ref(`instance.${holder}_id`)} = ${id} and not exists (
      select from (${wanted}) as wanted where wanted.release_id = instance.release_id and wanted.path = instance.path
        and (wanted.hidden, wanted.precedence, wanted.of_profile, wanted.php, wanted.last_removed_update) is not distinct from
          (instance.hidden, instance.precedence, instance.of_profile, instance.php, instance.last_removed_update))`.execute(
    tx,
  );
  await sql`
    insert into instance (${sql.ref(`${holder}_id`)}, ${columns})
    select ${id}::bigint, ${columns} from (${wanted}) as wanted on conflict do nothing`.execute(tx);
}

/** Of what is deleted, so that no list finds it. */
export async function forgetPackages(tx: Kysely<Tables>, holder: Holder, id: string): Promise<void> {
  await sql`delete from instance where ${sql.ref(`${holder}_id`)} = ${id}`.execute(tx);
  if (holder === 'site') await sql`delete from package_on_site where site_id = ${id}`.execute(tx);
}
