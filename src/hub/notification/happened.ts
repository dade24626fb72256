import { type Kysely, sql } from 'kysely';
import { counted } from '../../model/counted.ts';
import type { Difference } from '../../model/drift.ts';
import { namesShown } from '../../model/names-shown.ts';
import { Problem, type ProblemJson, problemJson } from '../../model/problem.ts';
import { jsonb } from '../database.ts';
import type { Tables } from '../tables.ts';
import type { KindName } from './kinds.ts';

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

/** The same of what somebody's program has ordered; with a spare that nobody has ordered, nobody is told. */
export async function orderHappened(
  tx: Kysely<Tables>,
  spare: string,
  kind: 'order ready' | 'order failed',
): Promise<void> {
  const { rows } = await sql`
    insert into happening (kind, order_id)
    select ${kind}, id from site_order where spare_id = ${spare} returning id`.execute(tx);
  if (rows.length > 0) await wake(tx);
}

/** In the transaction that writes down what differs. */
export async function driftHappened(
  tx: Kysely<Tables>,
  { noun, id }: { readonly noun: string; readonly id: string },
  differences: readonly Difference[],
): Promise<void> {
  const what = namesShown(
    differences.slice(0, 10).map((one) => one.what),
    differences.length,
  );
  const message = `${counted(differences.length, 'thing differs', 'things differ')} from what the hub wrote: ${what}`;
  const problem = problemJson(
    new Problem('conflict', message, {
      hint: `Look what it is: aegir ${noun} drift. To put it right: aegir ${noun} verify.`,
    }),
  );
  await happenedTo(tx, 'drift found', { noun, id }, problem);
}

/** In the transaction that writes it down. */
export const stagedMoveHappened = (tx: Kysely<Tables>, site: string, problem: ProblemJson): Promise<void> =>
  happenedTo(tx, 'staged move failed', { noun: 'site', id: site }, problem);

async function happenedTo(
  tx: Kysely<Tables>,
  kind: KindName,
  { noun, id }: { readonly noun: string; readonly id: string },
  problem: ProblemJson,
): Promise<void> {
  await sql`
    insert into happening (kind, subject_type, subject_id, subject_name, problem)
    select ${kind}, ${noun}, id, name, ${jsonb(JSON.parse(JSON.stringify(problem)))}::jsonb
    from ${sql.table(noun)} where id = ${id}`.execute(tx);
  await wake(tx);
}
