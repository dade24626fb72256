import { type BackupRows, backupRows, newBackupRows } from './backup-rows.ts';
import { type CertificateRows, certificateRows } from './certificate-rows.ts';
import { type CommonRows, commonRows } from './common-rows.ts';
import { type PlatformRows, platformRows } from './platform-rows.ts';
import { type Reading, type ServerRows, serverRows } from './service-rows.ts';
import { type CopyRows, copyRows, type SiteRows, siteRows } from './site-rows.ts';

/**
 * What a task type can ask to be loaded (`Load` in tasks/context.ts), as plain rows with what was sealed in them: the half
 * that is the hub's. The worker makes things with hands of them.
 */
export interface TaskRows {
  server(id: string): Promise<ServerRows>;
  platform(id: string): Promise<PlatformRows>;
  site(id: string): Promise<SiteRows>;
  copy(id: string): Promise<CopyRows>;
  backup(id: string): Promise<BackupRows>;
  newBackup(): Promise<BackupRows>;
  certificate(id: string): Promise<CertificateRows>;
  /** Of two servers. */
  common(from: string, to: string): Promise<CommonRows>;
}

/** From the database itself. */
export const readRows = (reading: Reading): TaskRows => ({
  server: (id) => serverRows(reading, id),
  platform: (id) => platformRows(reading, id),
  site: (id) => siteRows(reading, id),
  copy: (id) => copyRows(reading, id),
  backup: (id) => backupRows(reading, id),
  newBackup: () => newBackupRows(reading),
  certificate: (id) => certificateRows(reading, id),
  common: (from, to) => commonRows(reading, from, to),
});
