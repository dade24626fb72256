import { type Kysely, sql } from 'kysely';
import type { Tables } from '../tables.ts';

/** A poll finds what was not told; see `runNotifications`. */
const wake = (tx: Kysely<Tables>): Promise<unknown> => sql`select pg_notify('happening', '')`.execute(tx);

/**
 * In the transaction that ends the task, after its status was written: what is recorded and what is told of come to be
 * together. Of a dry run, and of one that ended otherwise, nobody is told.
 */
export async function taskHappened(tx: Kysely<Tables>, task: string): Promise<void> {
  const { rows } = await sql`
    insert into happening (kind, task_id, problem)
    select 'task ' || status, id, problem from task
    where id = ${task} and status in ('failed', 'stuck') and not dry_run returning id`.execute(tx);
  if (rows.length > 0) await wake(tx);
}

/** The same of a batch. One that a person has cancelled surprises nobody. */
export async function batchHappened(tx: Kysely<Tables>, batch: string): Promise<void> {
  const { rows } = await sql`
    insert into happening (kind, batch_id)
    select 'batch failed', id from batch
    where id = ${batch} and (status = 'stopped' or status = 'done' and exists (
      select from batch_member where batch_id = batch.id and batch_member.status in ('failed', 'refused', 'stuck')))
    returning id`.execute(tx);
  if (rows.length > 0) await wake(tx);
}
