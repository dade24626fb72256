import { type Kysely, sql } from 'kysely';
import type { TaskEvent } from '../model/event.ts';
import { Problem, problemJson } from '../model/problem.ts';
import { jsonb } from './database.ts';
import { taskHappened } from './notification/happened.ts';
import { releaseLocks } from './queue.ts';
import type { Tables } from './tables.ts';

/** A worker says every 3 s that it lives. One that was silent for this long is taken for dead. */
export const silentMaxMs = 10_000;

/**
 * Puts back the tasks of workers that fell silent; the next claim resumes them from their events. One that was handed
 * out as often as is allowed is stuck: it keeps its locks until a person has looked.
 * Any number of workers and hubs may call it at once. Answers how many were put back and how many are stuck now.
 */
export async function requeueLost(
  db: Kysely<Tables>,
  silentMs = silentMaxMs,
): Promise<{ requeued: number; stuck: number }> {
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ id: string; worker: string; attempt: number; attemptsMax: number }>`
      select id, worker, attempt, attempts_max from task
      where status = 'running' and heartbeat_at < now() - make_interval(secs => ${silentMs / 1000})
      order by id for update skip locked`.execute(tx);
    const again = rows.filter(({ attempt, attemptsMax }) => attempt < attemptsMax);
    const over = rows.filter(({ attempt, attemptsMax }) => attempt >= attemptsMax);
    for (const { id, worker, attempt } of rows) await append(tx, id, { type: 'task.lost', worker, attempt });
    const ids = again.map(({ id }) => id);
    if (ids.length > 0) {
      await sql`update task set status = 'queued', worker = null where id = any (${ids}::bigint[])`.execute(tx);
      await releaseLocks(tx, ids);
    }
    for (const { id, attempt } of over) {
      const problem = problemJson(
        new Problem('lost', `its worker was lost ${attempt} times`, {
          hint: `Look why; then let it go on (aegir task retry ${id}) or give it up (aegir task settle ${id}).`,
        }),
      );
      await append(tx, id, { type: 'task.stuck', problem });
      await sql`update task set status = 'stuck', ended_at = now(), problem = ${jsonb(problem)}::jsonb where id = ${id}`.execute(
        tx,
      );
      await taskHappened(tx, id);
    }
    return { requeued: again.length, stuck: over.length };
  });
}

/** For events that no worker writes. The caller holds the row of the task. */
export async function append(db: Kysely<Tables>, task: string, event: TaskEvent): Promise<void> {
  await sql`
    insert into event (task_id, seq, data)
    select ${task}::bigint, coalesce(max(seq), 0) + 1, ${jsonb(event)}::jsonb from event where task_id = ${task}`.execute(
    db,
  );
  await sql`select pg_notify('event', ${task})`.execute(db);
}
