import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import { Problem, type ProblemJson, problemJson } from '../model/problem.ts';
import {
  isOpen,
  nextTurn,
  openBetweenMs,
  type Rhythm,
  turnAfter,
  turnAfterOutage,
  type Window,
  windowOf,
} from '../model/queue.ts';
import { jsonb } from './database.ts';
import { one } from './rows.ts';
import type { SweepQueue } from './sweeps.ts';
import type { Tables } from './tables.ts';

/**
 * A moment as the database says it, in whole milliseconds here: `now()`, but in tests and benches. What is due within the same one
 * is taken a look later.
 */
export type Moment = RawBuilder<Date>;
const now: Moment = sql<Date>`now()`;

/** Longer than any pause between two looks of those that work. */
const outageMs = 2 * 60_000;
/** A worker that holds a turn writes its end, however late, within this time. */
const graceMs = 60_000;

/** One that has begun, in somebody's hands. */
export interface Turn {
  readonly queue: string;
  readonly subjectId: string;
  readonly worker: string;
  readonly attempt: number;
  readonly everyS: number;
  readonly failures: number;
  readonly dueAt: Date;
  readonly begunAt: Date;
}

interface Held {
  readonly at: Date;
  readonly paused: boolean;
  readonly everySeconds: number;
  readonly window: Window | null;
  readonly atOnce: number;
  readonly lookedAt: Date | null;
}

/** Held until the transaction ends: whoever takes turns or places them does it alone. */
async function held(tx: Transaction<Tables>, queue: SweepQueue, moment: Moment): Promise<Held> {
  await sql`insert into queue (name) values (${queue.name}) on conflict do nothing`.execute(tx);
  const { rows } = await sql<{
    at: Date;
    paused: boolean;
    everyS: number | null;
    openHours: string | null;
    atOnce: number | null;
    lookedAt: Date | null;
  }>`
    select ${moment} as at, paused, every_s, open_hours, at_once, looked_at from queue
    where name = ${queue.name} for update`.execute(tx);
  const { everyS, openHours, atOnce, ...row } = one(rows, `the queue ${queue.name}`);
  return {
    ...row,
    everySeconds: everyS ?? queue.everySeconds,
    window: openHours === null ? null : windowOf(openHours),
    atOnce: atOnce ?? queue.atOnce,
  };
}

/**
 * Gives every subject that should have one its turn, and takes it from those that should not. Who is new, or has another period
 * now, is due at its first own time from now on. `anew`: so is everyone, as the queue's window has changed.
 */
export async function placeTurns(
  db: Kysely<Tables>,
  queue: SweepQueue,
  { moment = now, anew = false }: { readonly moment?: Moment; readonly anew?: boolean } = {},
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const { at, everySeconds, window } = await held(tx, queue, moment);
    const { rows } = await sql<{ id: string; serverId: string | null; everyS: number | null; before: number | null }>`
      select coalesce(wanted.id, turn.subject_id) as id, wanted.server_id, wanted.every_s, turn.every_s as before
      from (select * from (${await queue.subjects(tx, everySeconds)}) as subject where subject.every_s > 0) as wanted
      full join (select * from turn where queue = ${queue.name}) as turn on turn.subject_id = wanted.id
      where ${anew} or wanted.every_s is distinct from turn.every_s
         or wanted.server_id is distinct from turn.server_id`.execute(tx);
    const gone = rows.filter(({ everyS }) => everyS === null).map(({ id }) => id);
    if (gone.length > 0)
      await sql`
        delete from turn where queue = ${queue.name} and subject_id = any (${gone}::bigint[])`.execute(tx);
    const wanted = rows.flatMap(({ everyS, ...row }) => (everyS === null ? [] : [{ ...row, everyS }]));
    const due = wanted.map(({ id, everyS }) => nextTurn(id, { everyMs: everyS * 1000, window }, at));
    // Only on another server, it keeps its time.
    await sql`
      insert into turn (queue, subject_id, server_id, every_s, due_at)
      select ${queue.name}, * from unnest(${wanted.map(({ id }) => id)}::bigint[],
        ${wanted.map(({ serverId }) => serverId)}::bigint[], ${wanted.map(({ everyS }) => everyS)}::int[],
        ${due}::timestamptz[])
      on conflict (queue, subject_id) do update set server_id = excluded.server_id, every_s = excluded.every_s,
        due_at = case when turn.every_s <> excluded.every_s or ${anew} then excluded.due_at else turn.due_at end`.execute(
      tx,
    );
  });
}

interface Taking {
  /** Who takes them. */
  readonly worker: string;
  /** At most so many; and of those that failed the last time, at most so many. */
  readonly most: number;
  readonly mostFailing: number;
  /** How long one may take; null: as long as its task. */
  readonly timeoutMs: number | null;
  readonly moment?: Moment;
}

/**
 * Begins what is due, who has waited longest first, as far as the limit of each server allows. Those that failed the last time may
 * have half of it at most, and a part of what is taken: sites that hang keep nobody waiting. A subject that a task is at work on waits until that has ended.
 * Those whose holder was lost are counted as such and are due again.
 */
export async function takeTurns(
  db: Kysely<Tables>,
  queue: SweepQueue,
  { worker, most, mostFailing, timeoutMs, moment = now }: Taking,
): Promise<readonly Turn[]> {
  return inTransaction(db, async (tx) => {
    const { at, paused, window, atOnce, lookedAt } = await held(tx, queue, moment);
    if (paused || !isOpen(window, at)) return [];
    if (lookedAt && openBetweenMs(window, lookedAt, at) > outageMs)
      await spread(tx, queue, window, { from: lookedAt, to: at });
    await loseTurns(tx, queue, window, at);
    const until = timeoutMs === null ? null : new Date(at.getTime() + timeoutMs + graceMs);
    const { rows } = await sql<Turn>`
      with looked as (update queue set looked_at = ${at} where name = ${queue.name}),
      free as (
        select server.id, ${atOnce} - count(turn.queue) as free,
               ${Math.max(1, Math.floor(atOnce / 2))} - count(turn.queue) filter (where turn.failures > 0) as free_to_fail
        from server left join turn on turn.queue = ${queue.name} and turn.server_id = server.id and turn.begun_at is not null
        where server.status <> 'deleted' group by server.id),
      due as (
        select due.*, row_number() over (partition by due.failures > 0 order by due.due_at) as place
        from free cross join lateral (
          select * from (
            (${waiting(queue, at, sql`failures = 0`, sql`free.free`)}) union all
            (${waiting(queue, at, sql`failures > 0`, sql`least(free.free, free.free_to_fail)`)})) as each
          order by due_at limit greatest(free.free, 0)) as due),
      next as (
        select subject_id from due where failures = 0 or place <= ${mostFailing} order by due_at limit ${most})
      update turn set begun_at = ${at}, worker = ${worker}, held_until = ${until}, attempt = attempt + 1
      from next where turn.queue = ${queue.name} and turn.subject_id = next.subject_id
      returning turn.queue, turn.subject_id, turn.worker, turn.attempt, turn.every_s, turn.failures, turn.due_at,
                turn.begun_at`.execute(tx);
    return rows.toSorted((a, b) => a.dueAt.getTime() - b.dueAt.getTime());
  });
}

/** Of the server `free.id`, in the order of the index turn_due. */
const waiting = (queue: SweepQueue, at: Date, which: RawBuilder<unknown>, most: RawBuilder<unknown>) => sql`
  select subject_id, due_at, failures from turn
  where queue = ${queue.name} and server_id = free.id and begun_at is null and due_at <= ${at} and ${which}
    and not exists (select from lock where key = ${`${queue.noun}:`} || turn.subject_id)
  order by due_at limit greatest(${most}, 0)`;

/** See `turnAfterOutage`. */
async function spread(
  tx: Transaction<Tables>,
  queue: SweepQueue,
  window: Window | null,
  outage: { readonly from: Date; readonly to: Date },
): Promise<void> {
  const { rows } = await sql<{ id: string; everyS: number; dueAt: Date }>`
    select subject_id as id, every_s, due_at from turn
    where queue = ${queue.name} and begun_at is null and due_at <= ${outage.to}`.execute(tx);
  const due = rows.map(({ id, everyS, dueAt }) =>
    turnAfterOutage(id, { everyMs: everyS * 1000, window }, dueAt, outage),
  );
  await sql`
    update turn set due_at = each.due_at
    from unnest(${rows.map(({ id }) => id)}::bigint[], ${due}::timestamptz[]) as each (id, due_at)
    where queue = ${queue.name} and subject_id = each.id`.execute(tx);
}

/** Nobody writes their end any more. */
async function loseTurns(tx: Transaction<Tables>, queue: SweepQueue, window: Window | null, at: Date): Promise<void> {
  const { rows } = await sql<Turn>`
    select queue, subject_id, worker, attempt, every_s, failures, due_at, begun_at from turn
    where queue = ${queue.name} and begun_at is not null and held_until < ${at}`.execute(tx);
  const problem = problemJson(new Problem('lost', 'its worker was lost', { hint: 'It is tried again.' }));
  for (const turn of rows)
    await endTurn(tx, queue, turn, { status: 'lost', problem }, { window, endedAt: at }).catch(ignoreLost);
}

/** It has just ended: that is as good. */
function ignoreLost(error: unknown): void {
  if (!(error instanceof Problem) || error.code !== 'lost') throw error;
}

export interface TurnEnding {
  readonly status: 'done' | 'failed' | 'lost';
  readonly problem?: ProblemJson | null;
  /** The last that it said. */
  readonly lines?: string;
  readonly task?: string;
}

/**
 * Writes what came of it and when it is due again. Throws Problem 'lost' when it is somebody else's by now, and then nothing is
 * written.
 */
export async function endTurn(
  db: Kysely<Tables>,
  { noun }: Pick<SweepQueue, 'noun'>,
  turn: Turn,
  { status, problem = null, lines = '', task }: TurnEnding,
  { endedAt, window }: { readonly endedAt: Date; readonly window: Window | null },
): Promise<void> {
  const failures = status === 'done' ? 0 : turn.failures + 1;
  const rhythm: Rhythm = { everyMs: turn.everyS * 1000, window };
  const due = turnAfter(turn.subjectId, rhythm, { begunAt: turn.begunAt, endedAt, failures });
  const why = problem === null ? null : jsonb(problem);
  const { numAffectedRows } = await sql`
    with ended as (
      update turn set begun_at = null, worker = null, held_until = null, task_id = null, failures = ${failures},
                      due_at = ${due}, last_at = begun_at, last_problem = ${why}::jsonb
      where queue = ${turn.queue} and subject_id = ${turn.subjectId} and worker = ${turn.worker}
        and attempt = ${turn.attempt} and begun_at is not null
      returning queue, subject_id)
    insert into run (queue, subject_id, subject_name, status, task_id, due_at, begun_at, ended_at, lines, problem)
    select ended.queue, ended.subject_id, subject.name, ${status}, ${task ?? null}::bigint, ${turn.dueAt},
           ${turn.begunAt}, ${endedAt}, ${lines}, ${why}::jsonb
    from ended join ${sql.table(noun)} as subject on subject.id = ended.subject_id`.execute(db);
  if (Number(numAffectedRows) === 0)
    throw new Problem('lost', `the turn of ${noun} ${turn.subjectId} now belongs to somebody else`);
}

/** More than a twentieth of its period behind, and more than a minute. */
export const isLate = sql`turn.begun_at is null
  and turn.due_at < now() - greatest(interval '1 minute', turn.every_s * interval '0.05 s')`;

/** The queue's hours as they are now; null: always open, or there is no such queue yet. */
export async function windowOfQueue(db: Kysely<Tables>, name: string): Promise<Window | null> {
  const { rows } = await sql<{ openHours: string | null }>`
    select open_hours from queue where name = ${name}`.execute(db);
  const hours = rows[0]?.openHours ?? null;
  return hours === null ? null : windowOf(hours);
}

/** Older ones of each subject are forgotten, and all of those that are over. */
export async function forgetRuns(db: Kysely<Tables>, keep: number): Promise<void> {
  await sql`
    delete from run using (
      select id, row_number() over (partition by queue, subject_id order by id desc) as place from run) as each
    where run.id = each.id and each.place > ${keep}`.execute(db);
}

const inTransaction = <T>(db: Kysely<Tables>, action: (tx: Transaction<Tables>) => Promise<T>): Promise<T> =>
  db.isTransaction ? action(db as Transaction<Tables>) : db.transaction().execute(action); // isTransaction says that it is one
