import { sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import type { Asking, Reader } from './hub.ts';
import { waitsFor } from './task-steps.ts';
import { iso } from './time.ts';

type Waits = NonNullable<Answer<'task get'>['waits']>;

/** Why a queued task is not begun yet: the first reason that is to be got out of the way. */
export async function whyItWaits(
  asking: Asking,
  task: { readonly id: string; readonly locks: readonly string[]; readonly runAt: Date },
): Promise<Waits> {
  const none = { until: null, about: null, tasks: [] };
  if (task.runAt.getTime() > Date.now()) return { ...none, why: 'later', until: iso(task.runAt) };
  const { rows } = await sql<{ paused: boolean; waiting: readonly (string | null)[] | null }>`
    select coalesce((select paused from queue where name = 'task'), false) as paused,
      (select array_agg(waiting) from worker where heartbeat_at > now() - interval '15 seconds') as waiting`.execute(
    asking.tx,
  );
  if (rows[0]?.paused) return { ...none, why: 'paused' };
  const reasons = rows[0]?.waiting ?? [];
  if (reasons.length === 0) return { ...none, why: 'no worker' };
  const before = await waitsFor(asking, task);
  if (before.length > 0) return { ...none, why: 'tasks', tasks: await named(asking.tx, before) };
  const [first = null] = reasons;
  return first !== null && !reasons.includes(null) ? { ...none, why: 'load', about: first } : { ...none, why: 'busy' };
}

async function named(db: Reader, ids: readonly string[]): Promise<Waits['tasks']> {
  const { rows } = await sql<Waits['tasks'][number]>`
    select id, name, subject_name as subject from task where id = any (${[...ids]}::bigint[]) order by id`.execute(db);
  return [...rows];
}
