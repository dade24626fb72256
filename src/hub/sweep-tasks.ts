import { type Kysely, sql } from 'kysely';
import type { Json } from '../model/json.ts';
import { Problem, type ProblemJson, problemJson } from '../model/problem.ts';
import { askFor } from './ask.ts';
import { byItself, type Hub } from './hub.ts';
import { demandPossible, taskTypeOf } from './possible.ts';
import { later } from './queue.ts';
import { resolve } from './resolve.ts';
import { type SweepQueue, sweepQueues } from './sweeps.ts';
import type { Tables } from './tables.ts';
import { endTurn, type Turn, takeTurns, windowOfQueue } from './turns.ts';

type Sweeping = Pick<Hub, 'database' | 'catalog' | 'sealKey'>;

/** In one look; the next is in two seconds. */
const askedAtOnceMax = 100;

/** Asks for the tasks of those whose turn it is, and ends the turns whose task has ended. Any number of hubs may do it. */
export async function addSweepTasks(hub: Sweeping): Promise<void> {
  const { db } = hub.database;
  for (const queue of sweepQueues(hub.catalog)) {
    const { does } = queue;
    if (!('task' in does)) continue;
    await endOfTasks(db, queue);
    const taking = { worker: 'hub', most: askedAtOnceMax, mostFailing: askedAtOnceMax, timeoutMs: null };
    for (const turn of await takeTurns(db, queue, taking)) await begin(hub, queue, does, turn);
  }
}

async function begin(
  hub: Sweeping,
  queue: SweepQueue,
  { task: name, args }: { readonly task: string; readonly args: Json },
  turn: Turn,
): Promise<void> {
  const { db } = hub.database;
  try {
    await db.transaction().execute(async (tx) => {
      const type = taskTypeOf(hub, queue.noun, name);
      const asking = { tx, hub, ...byItself(type) };
      const subject = await resolve(asking, queue.noun, turn.subjectId, { lock: true });
      await demandPossible(tx, type, subject);
      const { task } = await askFor(asking, type, subject, { args, priority: type.priority + later });
      await sql`
        update turn set task_id = ${task}
        where queue = ${queue.name} and subject_id = ${turn.subjectId} and attempt = ${turn.attempt}`.execute(tx);
    });
  } catch (error) {
    // Another task moves it just now: it has its next turn later, and keeps none of the others waiting.
    if (!(error instanceof Problem) || error.code === 'bug') throw error;
    await endTurn(
      db,
      queue,
      turn,
      { status: 'failed', problem: problemJson(error) },
      { endedAt: turn.begunAt, window: await windowOfQueue(db, queue.name) },
    );
  }
}

/** A stuck task goes on until a person has looked. A turn without a task is one whose hub died before it had asked. */
async function endOfTasks(db: Kysely<Tables>, queue: SweepQueue): Promise<void> {
  const { rows } = await sql<
    Turn & { taskId: string | null; status: string | null; problem: ProblemJson | null; endedAt: Date }
  >`
    select turn.queue, turn.subject_id, turn.worker, turn.attempt, turn.every_s, turn.failures, turn.due_at, turn.begun_at,
           task.id as task_id, task.status, task.problem, coalesce(task.ended_at, now()) as ended_at
    from turn left join task on task.id = turn.task_id
    where queue = ${queue.name} and begun_at is not null
      and (task.status in ('done', 'failed', 'cancelled')
           or task.id is null and begun_at < now() - interval '1 minute')`.execute(db);
  if (rows.length === 0) return;
  const window = await windowOfQueue(db, queue.name);
  for (const { taskId, status, problem, endedAt, ...turn } of rows) {
    const ended = status === null ? 'lost' : status === 'done' ? 'done' : 'failed';
    await endTurn(
      db,
      queue,
      turn,
      { status: ended, problem, ...(taskId !== null && { task: taskId }) },
      { endedAt, window },
    ).catch((error: unknown) => {
      // Another hub was quicker.
      if (!(error instanceof Problem) || error.code !== 'lost') throw error;
    });
  }
}
