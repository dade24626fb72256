import { type Kysely, sql } from 'kysely';
import type { Found, Outcome } from '../tasks/outcome.ts';
import type { Noun } from '../tasks/task-type.ts';
import { recordBackup } from './backup-rows.ts';
import { recordCertificate } from './certificate-rows.ts';
import { copyOf, takeCopyOver } from './copies.ts';
import { jsonb } from './database.ts';
import { forgetDrift, settleDrift } from './drift.ts';
import { forgetPackages, recordPackages, recordScan } from './record-packages.ts';
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
  if (outcome.platform?.verified || outcome.site?.verified || outcome.site?.moved) await settleDrift(tx, { noun, id });
  if (noun === 'site' && outcome.site) {
    if (outcome.site.moved) await takeCopyOver(tx, key, { site: id, task }, outcome.site.moved);
    await recordSite(tx, id, outcome.site);
  }
  if (noun === 'backup' && outcome.backup) await recordBackup(tx, { id, ...outcome.backup });
  if (noun === 'certificate' && outcome.certificate)
    await sql`update certificate set status = ${outcome.certificate.status} where id = ${id}`.execute(tx);
}

async function recordPlatform(
  tx: Kysely<Tables>,
  id: string,
  platform: NonNullable<Outcome['platform']>,
): Promise<void> {
  const { status = null, verified = null, root = null, application = null, version = null, built = false } = platform;
  await sql`
      update platform set status = coalesce(${status}, status), root = coalesce(${root}, root),
                          application = coalesce(${application}, application), version = coalesce(${version}, version),
                          verified_at = ${verifiedAt(verified)},
                          built_at = case when ${built}::boolean then now() else built_at end
      where id = ${id}`.execute(tx);
  if (status !== 'deleted') return;
  await forgetPackages(tx, 'platform', id);
  await forgetDrift(tx, { noun: 'platform', id });
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
  if (site.records || status === 'deleted') await writeRecords(tx, id, site.records ?? []);
  if (status !== 'deleted') return;
  // The row stays as a tombstone; its names are free for others.
  await sql`delete from alias where site_id = ${id}`.execute(tx);
  await forgetPackages(tx, 'site', id);
  await forgetDrift(tx, { noun: 'site', id });
}

async function writeRecords(
  tx: Kysely<Tables>,
  site: string,
  records: NonNullable<NonNullable<Outcome['site']>['records']>,
): Promise<void> {
  await sql`delete from dns_record where site_id = ${site}`.execute(tx);
  await sql`
    insert into dns_record (site_id, service_id, name, pointing)
    select ${site}, service, name, pointing
    from jsonb_to_recordset(${jsonb(records)}::jsonb) as one (service bigint, name text, pointing jsonb)`.execute(tx);
}

/** They may be there from now on; or are gone again, and those that were known before are as they were. */
async function expectRecords(
  tx: Kysely<Tables>,
  site: string,
  records: NonNullable<NonNullable<Found['site']>['records']>,
): Promise<void> {
  if (records === 'undone') await sql`delete from dns_record where site_id = ${site} and pointing is null`.execute(tx);
  else
    await sql`
      insert into dns_record (site_id, service_id, name)
      select ${site}, service, name from jsonb_to_recordset(${jsonb(records)}::jsonb) as one (service bigint, name text)
      on conflict do nothing`.execute(tx);
}

/** What a step found out, at once. May be repeated. */
export async function recordFound(
  tx: Kysely<Tables>,
  key: SealKey,
  { task, noun, id }: { readonly task: string; readonly noun: Noun; readonly id: string },
  found: Found,
): Promise<void> {
  if (noun === 'server' && found.server) await recordFoundServer(tx, id, found.server);
  if (noun === 'platform' && found.platform) {
    const { scan, sitesFound, ...code } = found.platform;
    await recordPlatform(tx, id, code);
    if (scan) await recordScan(tx, 'platform', id, scan);
    if (sitesFound)
      await sql`update platform set sites_found = ${jsonb(sitesFound)}::jsonb where id = ${id}`.execute(tx);
  }
  if (noun === 'site' && found.site) await recordFoundSite(tx, key, id, found.site);
  if (found.backup) await recordBackup(tx, found.backup);
  if (found.certificate) await recordCertificate(tx, key, found.certificate);
  if (noun === 'site' && found.copy) await recordFoundSite(tx, key, await copyOf(tx, id, task), found.copy);
}

async function recordFoundServer(
  tx: Kysely<Tables>,
  id: string,
  { diagnosis, hostKeys, services = [] }: NonNullable<Found['server']>,
): Promise<void> {
  if (hostKeys)
    await sql`update server set host_keys = ${[...hostKeys]}, host_keys_at = now() where id = ${id}`.execute(tx);
  if (diagnosis !== undefined)
    await sql`update server set diagnosis = ${jsonb(diagnosis)}::jsonb where id = ${id}`.execute(tx);
  for (const service of services)
    await sql`update service set version = ${service.version} where id = ${service.id} and server_id = ${id}`.execute(
      tx,
    );
}

async function recordFoundSite(
  tx: Kysely<Tables>,
  key: SealKey,
  id: string,
  found: NonNullable<Found['site']>,
): Promise<void> {
  const { packages, scan, profile, database, hashSalt, databaseIsOurs, records } = found;
  if (records) await expectRecords(tx, id, records);
  if (databaseIsOurs !== undefined)
    await sql`update site set db_is_ours = ${databaseIsOurs} where id = ${id}`.execute(tx);
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
  if (scan) await recordScan(tx, 'site', id, scan);
}
