import { type Kysely, sql } from 'kysely';
import { type BackupReason, backupKey } from '../model/backup.ts';
import type { FoundBackup } from '../tasks/outcome.ts';
import { jsonb } from './database.ts';
import { one } from './rows.ts';
import type { Tables } from './tables.ts';

export interface NewBackup {
  /** Null: it comes from elsewhere. */
  readonly siteId: string | null;
  /** As the site is called; of one from elsewhere maybe not known yet. */
  readonly siteName: string;
  /** That keeps it. */
  readonly serverId: string;
  readonly reason: BackupReason;
  readonly note: string;
  readonly task?: string;
  readonly accountId: string | null;
  /** A dry run makes nothing, so its row is a tombstone from the start. */
  readonly dryRun?: boolean;
  readonly upload?: string;
}

/**
 * The row of a backup that is to be made, with its name and where it will lie: engine and options of the server's service are
 * kept with it, so that it is found there whatever the service is changed to. A server without one keeps archives.
 */
export async function insertBackup(
  tx: Kysely<Tables>,
  { siteId, siteName, serverId, reason, note, task, accountId, dryRun = false, upload }: NewBackup,
): Promise<string> {
  const { rows: drawn } = await sql<{ id: string; now: Date }>`
    select nextval(pg_get_serial_sequence('backup', 'id'))::text as id, now() as now`.execute(tx);
  const { id, now } = one(drawn, 'a number for the backup');
  const name = backupKey(siteName || 'import', now, id);
  await sql`
    insert into backup (id, name, status, site_id, site_name, server_id, service_id, engine, options, secrets, reason, note,
                        task_id, account_id, upload, deleted_at)
    overriding system value
    select ${id}, ${name}, ${dryRun ? 'deleted' : 'queued'}, ${siteId}, ${siteName}, server.id, service.id,
           coalesce(service.engine, 'archive'), coalesce(service.options, '{}'), service.secrets, ${reason}, ${note},
           ${task ?? null}, ${accountId}, ${upload ?? null}, case when ${dryRun} then now() end
    from server left join service on service.server_id = server.id and service.type = 'backup'
                                 and service.status = 'enabled'
    where server.id = ${serverId}`.execute(tx);
  return id;
}

/** That of the site's platform. */
export async function serverOfSite(tx: Kysely<Tables>, siteId: string): Promise<string> {
  const { rows } = await sql<{ serverId: string }>`
    select platform.server_id from site join platform on platform.id = site.platform_id
    where site.id = ${siteId}`.execute(tx);
  return one(rows, `there is no site ${siteId}`).serverId;
}

/** May be repeated. */
export async function recordBackup(tx: Kysely<Tables>, found: FoundBackup): Promise<void> {
  const { id, status = null, made, elsewhere = null, verified = null, tested = null } = found;
  if (made)
    await sql`
      update backup set status = 'enabled', manifest = ${jsonb(made.manifest)}::jsonb, bytes = ${made.bytes},
                        elsewhere = ${made.elsewhere ? jsonb(made.elsewhere) : null}::jsonb,
                        site_name = ${made.manifest.site.name}
      where id = ${id} and status <> 'deleted'`.execute(tx);
  // One that came from elsewhere says nothing of how large the site is here.
  if (made)
    await sql`
      update site set bytes = ${made.manifest.parts.reduce((sum, { restoredBytes }) => sum + restoredBytes, 0)}
      from backup where backup.id = ${id} and site.id = backup.site_id and backup.reason <> 'import'`.execute(tx);
  await sql`
    update backup set status = coalesce(${status}, status),
                      deleted_at = case when ${status} = 'deleted' then now() else deleted_at end,
                      pinned = pinned and ${status}::text is distinct from 'deleted',
                      elsewhere = coalesce(${elsewhere && jsonb(elsewhere)}::jsonb, elsewhere),
                      verified = coalesce(${verified && jsonb(verified)}::jsonb, verified),
                      tested = coalesce(${tested && jsonb(tested)}::jsonb, tested)
    where id = ${id}`.execute(tx);
}

/** When a task has ended, whatever its end: a backup that it did not come to make will not be made. */
export async function releaseBackups(tx: Kysely<Tables>, task: string): Promise<void> {
  await sql`
    update backup set status = case task.status when 'failed' then 'failed' else 'deleted' end,
                      deleted_at = case task.status when 'failed' then null else now() end
    from task where task.id = ${task} and backup.task_id = task.id and backup.status = 'queued'
      and backup.upload is null`.execute(tx);
}

/** The row that was looked for by this id. Throws Problem 'not-found'. */
export const oneBackup = <Row>(rows: readonly Row[], id: string): Row =>
  one(rows, `there is no backup ${id}`, 'aegir backup list shows what there is.');
