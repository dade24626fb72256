import { type Kysely, sql } from 'kysely';
import type { Asking } from './hub.ts';
import type { Tables } from './tables.ts';
import { visible } from './visible.ts';

/** How far it came: the steps of its last start, each with what became of it. */
export async function stepsOf(db: Kysely<Tables>, task: string): Promise<{ name: string; status: string }[]> {
  const { rows } = await sql<{ type: string; step: string | null; steps: readonly string[] | null }>`
    select data->>'type' as type, data->>'step' as step, data->'steps' as steps from event
    where task_id = ${task} and (data ? 'step' or data->>'type' = 'task.started') order by seq`.execute(db);
  const found = new Map<string, string>();
  for (const { type, step, steps } of rows) {
    for (const name of steps ?? []) found.set(name, found.get(name) ?? 'waiting');
    if (step !== null) found.set(step, became[type] ?? type);
  }
  return [...found].map(([name, status]) => ({ name, status }));
}

const became: { readonly [type: string]: string } = {
  'step.started': 'running',
  'step.done': 'done',
  'step.failed': 'failed',
  'undo.started': 'undoing',
  'undo.done': 'undone',
  'undo.failed': 'undo failed',
};

const earlierRuns = 20;

/** The steps of the last task of this name that was done, each with its median time over the last 20 of them. */
export async function planOf(db: Kysely<Tables>, name: string): Promise<{ name: string; usualMs: number | null }[]> {
  const { rows } = await sql<{ name: string; usualMs: number | null }>`
    with run as (
      select id from task where name = ${name} and status = 'done' and not dry_run order by id desc limit ${earlierRuns}),
    took as (
      select data ->> 'step' as step, extract(epoch from max(at) - min(at)) * 1000 as ms
      from event where task_id in (select id from run) and data ->> 'type' in ('step.started', 'step.done')
      group by task_id, data ->> 'step' having count(*) > 1),
    usual as (select step, percentile_cont(0.5) within group (order by ms) as ms from took group by step),
    last as (
      select data -> 'steps' as steps from event
      where task_id = (select max(id) from run) and data ->> 'type' = 'task.started' order by seq desc limit 1)
    select planned.name, round(usual.ms)::float8 as usual_ms
    from last, jsonb_array_elements_text(last.steps) with ordinality as planned (name, at)
    left join usual on usual.step = planned.name order by planned.at`.execute(db);
  return [...rows];
}

/** Ids of the tasks that hold what it needs, or stand before it, as far as the caller may see them. */
export async function waitsFor(
  { tx, caller }: Asking,
  { id, locks }: { readonly id: string; readonly locks: readonly string[] },
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select task.id from task where ${visible('task', caller)} and task.id in (
      select task_id from lock where key = any (${[...locks]}::text[]))
    union
    select task.id from task
    where ${visible('task', caller)} and task.status = 'queued' and task.run_at <= now() and task.id < ${id} and task.locks && ${[...locks]}::text[]
    order by id limit 20`.execute(tx);
  return rows.map((row) => row.id);
}
