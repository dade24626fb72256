import type { Json } from '../model/json.ts';
import type { TaskType } from '../tasks/task-type.ts';
import { insertBackup, serverOfSite } from './backup-rows.ts';
import { allocateCopy } from './copies.ts';
import type { Asking, Hub } from './hub.ts';
import { ownerOf } from './possible.ts';
import { type Asked, addTask, type Subject } from './queue.ts';
import { demandQuota } from './quota.ts';

/**
 * Adds a task with what it needs: the names of a copy are allocated in the same transaction, the row of a backup that it
 * makes is inserted, or neither is there.
 * The caller holds the subject's row, and has looked whether the task is possible.
 */
export async function askFor(
  asking: Asking<Parameters<typeof addTask>[0]> & { readonly hub: Pick<Hub, 'catalog' | 'sealKey'> },
  type: TaskType,
  subject: Subject,
  asked: Asked = {},
): ReturnType<typeof addTask> {
  const { tx } = asking;
  const added = await addTask(tx, type, subject, asked);
  if (added.coalesced) return added;
  const { args = {} as Json, dryRun = false, accountId = null } = asked;
  const { task } = added;
  const copy = type.copy(args);
  if (copy) await allocateCopy(asking, copy, { site: subject, task, dryRun });
  const backup = type.backup(args);
  if (backup) {
    // What is made before something is deleted or replaced must not be missing because of a quota.
    const isWanted = backup.reason === 'request' || backup.reason === 'schedule';
    const client = await ownerOf(tx, 'site', subject.id);
    if (isWanted && client !== null && !dryRun) await demandQuota(tx, client, 'backup');
    const serverId = await serverOfSite(tx, subject.id);
    await insertBackup(tx, {
      ...backup,
      siteId: subject.id,
      siteName: subject.name,
      serverId,
      task,
      accountId,
      dryRun,
    });
  }
  return added;
}
