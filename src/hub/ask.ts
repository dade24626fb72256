import type { Json } from '../model/json.ts';
import type { TaskType } from '../tasks/task-type.ts';
import { allocateCopy } from './copies.ts';
import type { Hub } from './hub.ts';
import { type Asked, addTask, type Subject } from './queue.ts';

/**
 * Adds a task with what it needs: the names of a copy are allocated in the same transaction, or neither is there.
 * The caller holds the subject's row, and has looked whether the task is possible.
 */
export async function askFor(
  { tx, hub }: { readonly tx: Parameters<typeof addTask>[0]; readonly hub: Pick<Hub, 'catalog' | 'sealKey'> },
  type: TaskType,
  subject: Subject,
  asked: Asked = {},
): ReturnType<typeof addTask> {
  const added = await addTask(tx, type, subject, asked);
  const wanted = added.coalesced ? null : type.copy(asked.args ?? ({} as Json));
  if (wanted)
    await allocateCopy({ tx, hub }, wanted, { site: subject, task: added.task, dryRun: asked.dryRun ?? false });
  return added;
}
