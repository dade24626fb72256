import { type Kysely, sql, type Transaction } from 'kysely';
import { Problem, problemJson } from '../model/problem.ts';
import { releaseAllocated } from './allocated.ts';
import { jsonb } from './database.ts';
import { append } from './lost-tasks.ts';
import { releaseLocks } from './queue.ts';
import { one } from './rows.ts';
import type { Tables } from './tables.ts';

/**
 * A task that waits is cancelled at once. One that runs is told: it stops after the step in hand and puts everything back.
 * Throws Problem 'not-found', or 'wrong-status' for a task that has ended.
 */
export async function cancelTask(
  db: Kysely<Tables>,
  id: string,
): Promise<{ readonly status: 'cancelled' | 'running' }> {
  return together(db, async (tx) => {
    const { status } = await held(tx, id);
    if (status === 'running') {
      await sql`update task set cancel_requested_at = coalesce(cancel_requested_at, now()) where id = ${id}`.execute(
        tx,
      );
      await sql`select pg_notify('cancel', ${id})`.execute(tx);
      return { status: 'running' };
    }
    if (status !== 'queued')
      throw new Problem('wrong-status', `task ${id} cannot be cancelled: it is ${status}`, {
        hint: 'Only a task that waits or runs can be cancelled.',
      });
    const problem = problemJson(new Problem('cancelled', 'it was cancelled before it began'));
    await sql`
      update task set status = 'cancelled', ended_at = now(), cancel_requested_at = now(), problem = ${jsonb(problem)}::jsonb
      where id = ${id}`.execute(tx);
    await append(tx, id, { type: 'task.cancelled', problem });
    await releaseAllocated(tx, id);
    await sql`select pg_notify('task', '')`.execute(tx); // A task behind it on the same lock may go now.
    return { status: 'cancelled' };
  });
}

/** The same, but one that ended in this very moment is as it was wanted. */
export async function cancelUnlessEnded(db: Kysely<Tables>, id: string): Promise<void> {
  try {
    await cancelTask(db, id);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'wrong-status') throw error;
  }
}

/** A person has looked at a stuck task: it counts as failed, and its locks are free. */
export async function settleTask(db: Kysely<Tables>, id: string): Promise<void> {
  await together(db, async (tx) => {
    const { status } = await held(tx, id);
    if (status !== 'stuck')
      throw new Problem('wrong-status', `task ${id} is ${status}, not stuck`, {
        hint: 'Only a stuck task is settled.',
      });
    await sql`update task set status = 'failed' where id = ${id}`.execute(tx);
    await releaseAllocated(tx, id);
    await releaseLocks(tx, [id]);
  });
}

/** In the caller's transaction, where there is one. */
const together = <T>(db: Kysely<Tables>, action: (tx: Transaction<Tables>) => Promise<T>): Promise<T> =>
  db.isTransaction ? action(db as Transaction<Tables>) : db.transaction().execute(action); // it says so itself

/** How often the row of a task that goes on is handed out when its workers are lost again. */
const attemptsMore = 3;

/**
 * A person has looked at a stuck task and lets it go on where it was: what was done is not done again, what failed is
 * tried again. Its time limit begins anew.
 */
export async function resumeTask(tx: Transaction<Tables>, id: string): Promise<void> {
  // Whoever follows a log stops at its last event, and this no longer is one.
  await sql`
    update event set data = jsonb_build_object('type', 'note', 'level', 'warning',
      'text', 'it was stuck (' || (data -> 'problem' ->> 'message') || ') and goes on')
    where task_id = ${id} and data ->> 'type' = 'task.stuck'`.execute(tx);
  await sql`
    update task set status = 'queued', worker = null, problem = null, started_at = null, ended_at = null,
                    cancel_requested_at = null, attempts_max = attempt + ${attemptsMore}
    where id = ${id} and status = 'stuck'`.execute(tx);
  await releaseLocks(tx, [id]);
}

/** Ended tasks and their logs, older than this, are forgotten. Stuck ones stay. A thousand at a time. */
export async function forgetTasks(db: Kysely<Tables>, olderThanMs: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from task where id in (
      select id from task
      where ended_at < now() - make_interval(secs => ${olderThanMs / 1000}) and status <> 'stuck'
      order by ended_at limit 1000)`.execute(db);
  await sql`delete from task_secret where created_at < now() - interval '1 day'`.execute(db);
  return Number(numAffectedRows);
}

async function held(db: Kysely<Tables>, id: string): Promise<{ readonly status: string }> {
  const { rows } = await sql<{ status: string }>`select status from task where id = ${id} for update`.execute(db);
  return one(rows, `there is no task ${id}`);
}
