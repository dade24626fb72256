import { sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import type { Asking, Reader } from './hub.ts';
import { isFull } from './queue.ts';
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
  const [found] = (
    await sql<Found>`
    select coalesce((select paused from queue where name = 'task'), false) as paused,
      (select array_agg(worker.waiting) from worker left join agent on agent.id = worker.agent_id
       where worker.heartbeat_at > now() - interval '15 seconds'
         and (worker.agent_id is null or agent.server_id = (
           select agent_server(task) from task where id = ${task.id}))) as waiting,
      (select server.name from server, task where task.id = ${task.id} and ${isFull(sql`task.servers`)}
       order by server.name limit 1) as full_server`.execute(asking.tx)
  ).rows;
  if (found?.paused) return { ...none, why: 'paused' };
  const reasons = found?.waiting ?? [];
  if (reasons.length === 0) return { ...none, why: 'no worker' };
  const before = await waitsFor(asking, task);
  if (before.length > 0) return { ...none, why: 'tasks', tasks: await named(asking.tx, before) };
  if (found?.fullServer) return { ...none, why: 'server limit', about: found.fullServer };
  const [first = null] = reasons;
  return first !== null && !reasons.includes(null) ? { ...none, why: 'load', about: first } : { ...none, why: 'busy' };
}

interface Found {
  readonly paused: boolean;
  /** What each worker that could take it says of its load. */
  readonly waiting: readonly (string | null)[] | null;
  readonly fullServer: string | null;
}

async function named(db: Reader, ids: readonly string[]): Promise<Waits['tasks']> {
  const { rows } = await sql<Waits['tasks'][number]>`
    select id, name, subject_name as subject from task where id = any (${[...ids]}::bigint[]) order by id`.execute(db);
  return [...rows];
}
