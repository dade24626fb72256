import { type Kysely, sql } from 'kysely';
import { oneBackup } from '../hub/backup-rows.ts';
import { one } from '../hub/rows.ts';
import type { Tables } from '../hub/tables.ts';
import type { Backup, BackupReason, BackupStatus, Manifest } from '../model/backup.ts';
import type { Json } from '../model/json.ts';
import { serverPaths } from '../model/server.ts';
import type { BackupContext } from '../tasks/context.ts';
import { type Loading, openService, type ServiceRow, serverRow, serviceOptions, serviceRow } from './load-rows.ts';

interface BackupRow {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly siteId: string | null;
  readonly siteName: string;
  readonly reason: string;
  readonly note: string;
  readonly pinned: boolean;
  readonly by: string | null;
  readonly manifest: Manifest | null;
  readonly upload: string | null;
  readonly serverId: string;
  readonly serviceId: string | null;
  readonly engine: string;
  readonly options: Json;
  readonly secrets: Buffer | null;
}

export async function loadBackup(loading: Loading, id: string): Promise<BackupContext> {
  const { db, catalog, report } = loading;
  const row = await backupRow(db, id);
  const { server, root } = await serverRow(db, row.serverId);
  const service = await serviceThen(db, row);
  const { options, secrets } = serviceOptions(loading, service);
  const machine = loading.openMachine(server, secrets);
  const paths = serverPaths(root, server.name);
  const { name, siteId, siteName, note, pinned, by, manifest, upload } = row;
  const backup: Backup = {
    ...{ id, name, siteId, siteName, note, pinned, by, manifest, upload },
    // The columns' checks allow nothing else.
    status: row.status as BackupStatus,
    reason: row.reason as BackupReason,
  };
  return {
    ...{ report, server, paths, machine, backup, engine: row.engine },
    backups: openService(catalog, 'backup', service, { machine, paths }, options),
    transfers: server.host === 'localhost' ? loading.transfers : null,
  };
}

export async function loadNewBackup(loading: Loading): Promise<BackupContext> {
  const { rows } = await sql<{ id: string }>`
    select id from backup where task_id = ${loading.task} order by id limit 1`.execute(loading.db);
  return loadBackup(loading, one(rows, `task ${loading.task} makes no backup`).id);
}

async function backupRow(db: Kysely<Tables>, id: string): Promise<BackupRow> {
  const { rows } = await sql<BackupRow>`
    select backup.id, backup.name, backup.status, site_id, site_name, reason, note, pinned, account.name as by, manifest,
           upload, server_id, service_id, engine, options, secrets
    from backup left join account on account.id = backup.account_id where backup.id = ${id}`.execute(db);
  return oneBackup(rows, id);
}

/**
 * The service as it was then: what it is today may keep backups elsewhere. If it is the same place still, its secrets are
 * today's, as a password may have been changed since.
 */
async function serviceThen(db: Kysely<Tables>, row: BackupRow): Promise<ServiceRow> {
  const { serverId, serviceId, engine, options, secrets } = row;
  const then = { id: serviceId ?? '', serverId, type: 'backup', engine, options, secrets };
  if (serviceId === null) return then;
  const today = await serviceRow(db, serviceId);
  const isSamePlace = today.engine === engine && placeOf(today.options) === placeOf(options);
  return isSamePlace ? today : then;
}

/** The options that say where it is. */
function placeOf(options: Json): string {
  const { directory = null, repository = null } = options as { readonly [name: string]: Json }; // only objects are written
  return JSON.stringify([directory, repository]);
}
