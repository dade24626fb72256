import type { BackupContext } from '../context.ts';

type Source = Pick<BackupContext, 'backup' | 'backups' | 'report'>;

/** Before it is read: where its copy here is gone, the one elsewhere comes back. */
export async function bring({ backup, backups, report }: Source): Promise<void> {
  if (backups.second) await report.changed(await backups.second.bring(backup.name));
}

/** When it was read: where no copy is to be kept here, none stays. */
export async function letGo({ backup, backups, report }: Source): Promise<void> {
  if (backups.second) await report.changed(await backups.second.letGo(backup.name));
}
