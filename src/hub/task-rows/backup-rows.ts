import { type Kysely, sql } from 'kysely';
import type { Backup } from '../../model/backup.ts';
import type { Json } from '../../model/json.ts';
import { oneBackup } from '../backup-rows.ts';
import { one } from '../rows.ts';
import type { Tables } from '../tables.ts';
import {
  filesNamedBy,
  opened,
  type Reading,
  type SealedService,
  type ServerRow,
  type ServiceOnServer,
  type ServiceRow,
  sealedService,
  serverRow,
} from './service-rows.ts';

export interface BackupRows {
  readonly backup: Backup;
  readonly server: ServerRow;
  /** The store that it is in, or will be. */
  readonly service: ServiceRow;
  /** The file service with a second copy. */
  readonly files: ServiceOnServer | null;
}

// The columns' checks allow no other words.
interface Columns extends Backup {
  readonly serverId: string;
  readonly serviceId: string | null;
  readonly engine: string;
  readonly options: Json;
  readonly secrets: Buffer | null;
}

export async function backupRows(reading: Reading, id: string): Promise<BackupRows> {
  const { serverId, serviceId, engine, options, secrets, ...backup } = await columnsOf(reading.db, id);
  const then = { id: serviceId ?? '', serverId, type: 'backup', engine, options, secrets };
  const service = serviceId === null ? then : await serviceThen(reading.db, serviceId, then);
  const files = await filesNamedBy(reading, service);
  return {
    backup,
    server: await serverRow(reading, serverId),
    service: { ...opened(reading, service), engine },
    files,
  };
}

/** The one that comes to be with this task. */
export async function newBackupRows(reading: Reading): Promise<BackupRows> {
  const { rows } = await sql<{ id: string }>`
    select id from backup where task_id = ${reading.task} order by id limit 1`.execute(reading.db);
  return backupRows(reading, one(rows, `task ${reading.task} makes no backup`).id);
}

async function columnsOf(db: Kysely<Tables>, id: string): Promise<Columns> {
  const { rows } = await sql<Columns>`
    select backup.id, backup.name, backup.status, site_id, site_name, reason, note, pinned, account.name as by, manifest,
           upload, server_id, service_id, engine, options, secrets
    from backup left join account on account.id = backup.account_id where backup.id = ${id}`.execute(db);
  return oneBackup(rows, id);
}

/**
 * The service as it was then: what it is today may keep backups elsewhere. If it is the same place still, its secrets are
 * today's, as a password may have been changed since.
 */
async function serviceThen(db: Kysely<Tables>, id: string, then: SealedService): Promise<SealedService> {
  const today = await sealedService(db, id);
  const isSamePlace = today.engine === then.engine && placeOf(today.options) === placeOf(then.options);
  return isSamePlace ? today : then;
}

/** The options that say where it is. */
function placeOf(options: Json): string {
  const { directory = null, repository = null, fileService = null } = options as { readonly [name: string]: Json }; // only objects are written
  return JSON.stringify([directory, repository, fileService]);
}
