import { setTimeout as sleep } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { isLastEvent, type TaskEvent } from '../model/event.ts';
import { type HubDatabase, jsonb } from './database.ts';
import { type Claim, lost, mine } from './queue.ts';
import type { Tables } from './tables.ts';

export interface LoggedEvent {
  readonly seq: number;
  readonly at: Date;
  readonly data: TaskEvent;
}

/** In order, from the one after `after`, at most `limit`. */
export async function readLog(
  db: Kysely<Tables>,
  task: string,
  after = 0,
  limit = 1000,
): Promise<readonly LoggedEvent[]> {
  const { rows } = await sql<LoggedEvent>`
    select seq, at, data from event where task_id = ${task} and seq > ${after} order by seq limit ${limit}`.execute(db);
  return rows;
}

/** All of it: what a worker resumes from. */
export async function readWholeLog(db: Kysely<Tables>, task: string): Promise<readonly LoggedEvent[]> {
  const all: LoggedEvent[] = [];
  for (;;) {
    const page = await readLog(db, task, all.at(-1)?.seq);
    all.push(...page);
    if (page.length < 1000) return all;
  }
}

/** A notification can be lost with its connection; then this finds what is new. */
const pollMs = 5000;

/**
 * The log so far and then as it grows, until the task ends or `signal` is aborted. `after` is where a reader left off.
 * Ends at once when `after` is the last event.
 */
export async function* followLog(
  { db, listen }: Pick<HubDatabase, 'db' | 'listen'>,
  task: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<LoggedEvent> {
  let wake = Promise.withResolvers<void>();
  const onNotify = (id: string): void => {
    if (id === task) wake.resolve();
  };
  // Listen first and read second: the other way round an event could slip through between the two.
  const unlisten = await listen('event', onNotify, () => wake.resolve());
  try {
    let seq = after;
    while (!signal.aborted) {
      wake = Promise.withResolvers();
      const page = await readLog(db, task, seq);
      for (const event of page) {
        yield event;
        seq = event.seq;
        if (isLastEvent(event.data)) return;
      }
      if (page.length === 0 && (await hasEnded(db, task))) {
        if ((await readLog(db, task, seq)).length === 0) return;
        continue;
      }
      if (page.length === 0)
        await Promise.race([wake.promise, sleep(pollMs, undefined, { signal, ref: false }).catch(() => {})]);
    }
  } finally {
    await unlisten();
  }
}

/** True also for a task that is not there any more. */
async function hasEnded(db: Kysely<Tables>, task: string): Promise<boolean> {
  const { rows } = await sql`select from task where id = ${task} and status in ('queued', 'running')`.execute(db);
  return rows.length === 0;
}

/**
 * Appends to the log of a claimed task; `first` is the number of the first of them. Throws Problem 'lost'.
 * The row is held for the moment, so that nobody can take the task over between look and write. May be repeated: events
 * that are there already, because the answer to an earlier attempt was lost, are not written twice.
 */
export async function appendEvents(
  db: Kysely<Tables>,
  claim: Claim,
  first: number,
  events: readonly TaskEvent[],
): Promise<void> {
  const { rows } = await sql<{ held: boolean }>`
    with held as (select id from task where ${mine(claim)} for share),
    written as (
      insert into event (task_id, seq, data)
      select held.id, ${first}::int + line.number::int - 1, line.data
      from held, jsonb_array_elements(${jsonb(events)}::jsonb) with ordinality as line (data, number)
      on conflict (task_id, seq) do nothing)
    select exists (select from held) as held`.execute(db);
  if (!rows[0]?.held) throw lost(claim);
  await tell(db, claim.taskId);
}

/**
 * PostgreSQL lets one transaction at a time commit with a notification: if each waited for the disk, all tasks of all
 * workers would wait in one line. So this one does not; what it tells of is on disk, and a poll finds what was not told.
 */
async function tell(db: Kysely<Tables>, task: string): Promise<void> {
  if (db.isTransaction) await sql`select pg_notify('event', ${task})`.execute(db);
  else await sql`select set_config('synchronous_commit', 'off', true), pg_notify('event', ${task})`.execute(db);
}
