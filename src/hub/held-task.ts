import { type Kysely, sql, type Transaction } from 'kysely';
import type { TaskEvent } from '../model/event.ts';
import type { Secret } from '../model/secret.ts';
import type { Ending } from '../tasks/ending.ts';
import type { Found, Outcome } from '../tasks/outcome.ts';
import type { Noun } from '../tasks/task-type.ts';
import { releaseAllocated } from './allocated.ts';
import { jsonb } from './database.ts';
import { appendEvents, type LoggedEvent, readWholeLog } from './log.ts';
import { recordFound, recordOutcome } from './outcome.ts';
import { type Claim, type ClaimedTask, endTask, heartbeat, lost, mine } from './queue.ts';
import { type SealKey, seal } from './seal.ts';
import { taskSecret } from './site-secrets.ts';
import type { Tables } from './tables.ts';
import { readRows, type TaskRows } from './task-rows/task-rows.ts';

/**
 * All that is asked of the hub for a task that was claimed. A worker asks the database itself (`heldTask`), an agent a hub over
 * HTTPS. Every write carries the claim, and throws Problem 'lost' when that is somebody else's by now; each may be repeated, as
 * nobody can know whether one whose answer was lost had happened.
 */
export interface HeldTask {
  /** All of it so far: what is resumed from. */
  log(): Promise<readonly Pick<LoggedEvent, 'seq' | 'data'>[]>;
  /** `first` is the number of the first of them. */
  append(first: number, events: readonly TaskEvent[]): Promise<void>;
  /** Says that it is still in hand, and hears whether it is to be cancelled. */
  beat(): Promise<{ readonly cancelRequested: boolean }>;
  readonly rows: TaskRows;
  /** A secret for who asked for the task, sealed and apart from the log. */
  keep(name: 'loginLink', secret: Secret): Promise<void>;
  /** What a step found out, at once. */
  record(found: Found): Promise<void>;
  /** Whoever reads the last event, which gets the number `seq`, finds the task ended and its outcome recorded. */
  end(seq: number, ending: Ending, outcome: Outcome): Promise<void>;
}

interface Hub {
  readonly db: Kysely<Tables>;
  readonly key: SealKey;
}

export type Holding = Pick<ClaimedTask, 'taskId' | 'worker' | 'attempt' | 'subjectType' | 'subjectId'>;

export function heldTask({ db, key }: Hub, task: Holding): HeldTask {
  const { taskId, subjectType, subjectId } = task;
  // Written by addTask from a task type.
  const subject = { task: taskId, noun: subjectType as Noun, id: subjectId };
  return {
    log: () => readWholeLog(db, taskId),
    append: (first, events) => appendEvents(db, task, first, events),
    beat: () => heartbeat(db, task),
    rows: readRows({ db, key, task: taskId }),
    keep(name, secret) {
      const sealed = seal(key, secret, taskSecret(taskId, name));
      return fenced(db, task, (tx) =>
        sql`insert into task_secret (task_id, name, sealed) values (${taskId}, ${name}, ${sealed})
            on conflict (task_id, name) do update set sealed = excluded.sealed, created_at = now()`.execute(tx),
      );
    },
    record: (found) => fenced(db, task, (tx) => recordFound(tx, key, subject, found)),
    end: (seq, ending, outcome) =>
      db.transaction().execute(async (tx) => {
        if (await hasEndedSo(tx, task, seq)) return;
        await endTask(tx, task, ending.status, {
          result: ending.status === 'done' ? ending.result : null,
          problem: ending.status === 'done' ? null : JSON.parse(JSON.stringify(ending.problem)), // plain JSON
        });
        await sql`
          insert into event (task_id, seq, data) values (${taskId}, ${seq}, ${jsonb(lastEvent(ending))}::jsonb)`.execute(
          tx,
        );
        await recordOutcome(tx, key, subject, outcome);
        if (ending.status !== 'stuck') await releaseAllocated(tx, taskId);
        await sql`select pg_notify('event', ${taskId})`.execute(tx);
      }),
  };
}

/** The task's row is held for the moment, so that nobody can take it over between look and write. */
async function fenced(
  db: Kysely<Tables>,
  claim: Claim,
  write: (tx: Transaction<Tables>) => Promise<unknown>,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { rows } = await sql`select from task where ${mine(claim)} for share`.execute(tx);
    if (rows.length === 0) throw lost(claim);
    await write(tx);
  });
}

/** This very claim has said so before, and the answer did not come through. */
async function hasEndedSo(db: Kysely<Tables>, { taskId, worker, attempt }: Claim, seq: number): Promise<boolean> {
  const { rows } = await sql`
    select from task join event on event.task_id = task.id and event.seq = ${seq}
    where task.id = ${taskId} and task.worker = ${worker} and task.attempt = ${attempt} and task.ended_at is not null
      and event.data ->> 'type' = 'task.' || task.status`.execute(db);
  return rows.length > 0;
}

const lastEvent = (ending: Ending): TaskEvent =>
  ending.status === 'done'
    ? { type: 'task.done', result: ending.result }
    : { type: `task.${ending.status}`, problem: ending.problem };
