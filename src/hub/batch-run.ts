import { sql } from 'kysely';
import { type BatchRule, type BatchTurn, batchTurn, type MemberStatus } from '../model/batch.ts';
import type { Clock } from '../model/clock.ts';
import type { Json } from '../model/json.ts';
import { Problem, type ProblemJson, problemJson } from '../model/problem.ts';
import type { Noun } from '../tasks/task-type.ts';
import { jsonb } from './database.ts';
import type { Asked, Hub } from './hub.ts';
import { batchHappened } from './notification/happened.ts';
import { asAccount } from './rights.ts';
import { noVisit } from './sign-in/visit.ts';
import { ask } from './task.ts';

/** When a notification was lost, this finds what has ended. */
const lookEveryMs = 2000;

/** A line of a batch's log. */
export type BatchEvent =
  | { readonly type: 'begun'; readonly subject: string; readonly task: string }
  | { readonly type: 'refused'; readonly subject: string; readonly problem: ProblemJson }
  | {
      readonly type: 'done' | 'failed' | 'cancelled' | 'stuck';
      readonly subject: string;
      readonly task: string | null;
      readonly problem: ProblemJson | null;
    }
  | { readonly type: 'ended'; readonly status: 'done' | 'stopped' | 'cancelled'; readonly why: string | null };

/** Moves all batches on, until told to stop: whenever some task ends, and every two seconds. Any number of hubs may do it. */
export async function runBatches(hub: Hub, clock: Clock, stop: AbortSignal): Promise<void> {
  let wake = (): void => {};
  const unlisten = await hub.database.listen(
    'task',
    () => wake(),
    () => wake(),
  );
  while (!stop.aborted) {
    const woken = new AbortController();
    wake = () => woken.abort();
    try {
      for (const id of await running(hub)) await advanceBatch(hub, id);
    } catch (error) {
      process.stderr.write(`batches: ${problemJson(error).message}\n`);
    }
    // Aborting is how this sleep is ended early.
    await clock.sleep(lookEveryMs, AbortSignal.any([woken.signal, stop])).catch(() => undefined);
  }
  await unlisten();
}

async function running({ database: { db } }: Hub): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`select id from batch where status = 'running' order by id`.execute(db);
  return rows.map(({ id }) => id);
}

interface BatchRow extends BatchRule {
  readonly id: string;
  readonly name: string;
  readonly noun: Noun;
  readonly args: Readonly<Record<string, Json>>;
  readonly accountId: string | null;
  readonly accountName: string | null;
  readonly cancelRequested: boolean;
}

interface Member {
  readonly position: number;
  readonly subjectId: string;
  readonly subjectName: string;
  readonly status: MemberStatus;
}

/**
 * Looks what has become of its tasks and begins the next, in one transaction that holds the batch: two hubs never begin
 * one member twice. Does nothing when another hub is at it, or when it has ended.
 */
export async function advanceBatch(hub: Hub, id: string): Promise<void> {
  await hub.database.db.transaction().execute(async (tx) => {
    const { rows } = await sql<BatchRow>`
      select batch.id, batch.name, noun, args, canary, parallel, failures_max, account_id, account.name as account_name,
             cancel_requested_at is not null as cancel_requested
      from batch left join account on account.id = batch.account_id
      where batch.id = ${id} and batch.status = 'running' for update of batch skip locked`.execute(tx);
    const [batch] = rows;
    if (!batch) return;
    const gone = new AbortController().signal;
    const caller = await asAccount(tx, { accountId: batch.accountId, name: batch.accountName });
    const asked: Asked = { hub, tx, caller, endpoint: `${batch.noun} task`, visit: noVisit(), met: [], gone };
    await settleMembers(asked, batch);
    // A member that is refused leaves its place to the next, so we look again until nothing is begun.
    for (;;) {
      const members = await membersOf(asked, batch);
      const turn = batchTurn(
        batch,
        members.map(({ status }) => status),
        batch.cancelRequested,
      );
      if ('end' in turn) return end(asked, batch, turn);
      const next = members.filter(({ status }) => status === 'waiting').slice(0, turn.begin);
      if (next.length === 0) return;
      for (const member of next) await begin(asked, batch, member);
    }
  });
}

async function membersOf({ tx }: Asked, { id }: BatchRow): Promise<readonly Member[]> {
  const { rows } = await sql<Member>`
    select position, subject_id, subject_name, status from batch_member where batch_id = ${id} order by position`.execute(
    tx,
  );
  return rows;
}

/** Writes down how tasks have ended. A stuck one counts until a person has settled it; then it is a failure all the same. */
async function settleMembers(asked: Asked, { id }: BatchRow): Promise<void> {
  const { rows } = await sql<{
    position: number;
    subjectName: string;
    taskId: string;
    status: 'done' | 'failed' | 'cancelled' | 'stuck';
    problem: ProblemJson | null;
  }>`
    update batch_member set status = task.status, problem = task.problem, ended_at = coalesce(task.ended_at, now())
    from task
    where batch_id = ${id} and task.id = batch_member.task_id and batch_member.status in ('running', 'stuck')
      and task.status in ('done', 'failed', 'cancelled', 'stuck') and task.status <> batch_member.status
    returning position, batch_member.subject_name, task.id as task_id, task.status, task.problem`.execute(asked.tx);
  for (const { subjectName, taskId, status, problem } of rows.toSorted((a, b) => a.position - b.position))
    await say(asked, id, { type: status, subject: subjectName, task: taskId, problem });
  // A stuck task that was told to go on runs again, and so does its member.
  await sql`
    update batch_member set status = 'running', problem = null, ended_at = null from task
    where batch_id = ${id} and task.id = batch_member.task_id and batch_member.status = 'stuck'
      and task.status in ('queued', 'running')`.execute(asked.tx);
}

async function begin(asked: Asked, batch: BatchRow, { position, subjectId, subjectName }: Member): Promise<void> {
  const { tx } = asked;
  const mine = sql`batch_id = ${batch.id} and position = ${position}`;
  try {
    // What was written before the refusal is taken back, and the transaction goes on.
    await sql`savepoint member`.execute(tx);
    const { task } = await ask(asked, batch.noun, subjectId, { name: batch.name, args: batch.args, dryRun: false });
    await sql`release savepoint member`.execute(tx);
    await sql`update batch_member set status = 'running', task_id = ${task}, begun_at = now() where ${mine}`.execute(
      tx,
    );
    await say(asked, batch.id, { type: 'begun', subject: subjectName, task });
  } catch (error) {
    if (!(error instanceof Problem) || error.code === 'bug') throw error;
    await sql`rollback to savepoint member`.execute(tx);
    const problem = problemJson(error);
    await sql`
      update batch_member set status = 'refused', problem = ${jsonb(problem)}::jsonb, ended_at = now() where ${mine}`.execute(
      tx,
    );
    await say(asked, batch.id, { type: 'refused', subject: subjectName, problem });
  }
}

async function end(asked: Asked, { id }: BatchRow, { end: status, why }: Extract<BatchTurn, { end: unknown }>) {
  const { tx } = asked;
  await sql`
    update batch_member set status = 'skipped', ended_at = now() where batch_id = ${id} and status = 'waiting'`.execute(
    tx,
  );
  await sql`update batch set status = ${status}, why = ${why}, ended_at = now() where id = ${id}`.execute(tx);
  await say(asked, id, { type: 'ended', status, why });
  await batchHappened(tx, id);
}

async function say({ tx }: Asked, batch: string, event: BatchEvent): Promise<void> {
  await sql`
    insert into batch_event (batch_id, seq, data)
    select ${batch}::bigint, coalesce(max(seq), 0) + 1, ${jsonb(event)}::jsonb from batch_event where batch_id = ${batch}`.execute(
    tx,
  );
}
