import { backupDelete } from './backup-delete.ts';
import { backupExport } from './backup-export.ts';
import { backupImport } from './backup-import.ts';
import { backupTest } from './backup-test.ts';
import { backupVerify } from './backup-verify.ts';
import { certificateObtain } from './certificate-obtain.ts';
import { platformDelete } from './platform-delete.ts';
import { platformLock } from './platform-lock.ts';
import { platformUnlock } from './platform-unlock.ts';
import { platformVerify } from './platform-verify.ts';
import { serverVerify } from './server-verify.ts';
import { siteBackup } from './site-backup.ts';
import { siteClone } from './site-clone.ts';
import { siteDelete } from './site-delete.ts';
import { siteDisable } from './site-disable.ts';
import { siteEnable } from './site-enable.ts';
import { siteHandOver } from './site-hand-over.ts';
import { siteImport } from './site-import.ts';
import { siteInstall } from './site-install.ts';
import { siteLogin } from './site-login.ts';
import { siteMigrate } from './site-migrate.ts';
import { siteMove } from './site-move.ts';
import { siteProbe } from './site-probe.ts';
import { siteRename } from './site-rename.ts';
import { siteRestore } from './site-restore.ts';
import { siteUpdate } from './site-update.ts';
import { siteVerify } from './site-verify.ts';
import type { TaskType } from './task-type.ts';

/** To add a task type: write its file, add its line. */
export const taskTypes: readonly TaskType[] = [
  serverVerify,
  platformVerify,
  platformLock,
  platformUnlock,
  platformDelete,
  siteInstall,
  siteImport,
  siteVerify,
  siteEnable,
  siteDisable,
  siteLogin,
  siteHandOver,
  siteClone,
  siteMigrate,
  siteMove,
  siteRename,
  siteProbe,
  siteUpdate,
  siteBackup,
  siteRestore,
  siteDelete,
  backupImport,
  backupVerify,
  backupTest,
  backupExport,
  backupDelete,
  certificateObtain,
];
