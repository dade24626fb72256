import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import type { Json } from '../model/json.ts';
import { Problem } from '../model/problem.ts';
import type { TaskType } from '../tasks/task-type.ts';
import { jsonb } from './database.ts';
import { fieldsOf } from './fields.ts';
import { taskHappened } from './notification/happened.ts';
import { one } from './rows.ts';
import type { Tables } from './tables.ts';

export interface Claim {
  readonly taskId: string;
  readonly worker: string;
  readonly attempt: number;
}

export interface ClaimedTask extends Claim {
  readonly name: string;
  readonly subjectType: string;
  readonly subjectId: string;
  readonly subjectName: string;
  readonly args: Json;
  readonly dryRun: boolean;
  readonly timeoutMs: number;
  /** Time since it was first started, over all attempts. */
  readonly runningMs: number;
  readonly cancelRequested: boolean;
}

export interface Subject {
  readonly id: string;
  readonly name: string;
  readonly status: string;
}

export interface Asked {
  readonly args?: Json;
  readonly dryRun?: boolean;
  readonly runAt?: Date;
  readonly priority?: number;
  readonly accountId?: string | null;
  /** The task that has to end first, whatever its end. */
  readonly after?: string;
}

/** Added to the priority of what nobody has asked for: people do not wait for it. */
export const later = 10;

/** A task whose worker was lost is handed out again, this often: it might be the task that kills its workers. */
export const attemptsMax = 5;

/**
 * Takes part in the caller's transaction: the row it is about and the task come to be together, or not at all.
 * Trusts the status that its caller has just inserted or read `for update`.
 * A task type that coalesces answers the equal task that is queued already.
 * Throws Problem 'wrong-status', or 'invalid' for arguments that are not the task type's.
 */
export async function addTask(
  tx: Transaction<Tables>,
  type: TaskType,
  subject: Subject,
  asked: Asked = {},
): Promise<{ readonly task: string; readonly coalesced: boolean }> {
  if (!type.from.includes(subject.status))
    throw new Problem('wrong-status', `${type.title} is not possible while ${subject.name} is ${subject.status}`, {
      hint: `It is possible when ${subject.name} is ${type.from.join(' or ')}.`,
    });
  const args = parseArgs(type, asked.args ?? {});
  const dryRun = asked.dryRun ?? false;
  if (type.coalesce && !asked.runAt) {
    // Held until the caller commits: a worker that took it before would not see what the caller has just written. One
    // that is taken in this very moment is not queued any more, and a new task is added. So is it for one that was lost:
    // it goes on behind the steps that were done with the old state.
    // Who is in more of a hurry than the one before pulls it forward; nobody pushes it back.
    const { rows } = await sql<{ id: string }>`
      update task set priority = least(priority, ${asked.priority ?? type.priority}),
                      after_id = coalesce(${asked.after ?? null}, after_id)
      where status = 'queued' and id = (
        select id from task
        where status = 'queued' and name = ${type.name} and subject_id = ${subject.id} and subject_type = ${type.noun}
          and args = ${jsonb(args)}::jsonb and dry_run = ${dryRun} and run_at <= now()
          and attempt = 0
        order by id limit 1)
      returning id`.execute(tx);
    if (rows[0]) {
      await sql`select pg_notify('task', ${rows[0].id})`.execute(tx); // A worker may have passed it over meanwhile.
      return { task: rows[0].id, coalesced: true };
    }
  }
  const { rows } = await sql<{ id: string }>`
    insert into task (name, subject_type, subject_id, subject_name, args, dry_run, locks, priority, run_at,
                      timeout_ms, attempts_max, account_id, after_id)
    values (${type.name}, ${type.noun}, ${subject.id}, ${subject.name}, ${jsonb(args)}::jsonb, ${dryRun},
            ${[...type.locks(subject.id, args)]}, ${asked.priority ?? type.priority}, coalesce(${asked.runAt ?? null}, now()),
            ${type.timeoutMs}, ${attemptsMax}, ${asked.accountId ?? null},
            ${asked.after ?? null})
    returning id`.execute(tx);
  const { id } = one(rows, 'the task just inserted');
  await sql`select pg_notify('task', ${id})`.execute(tx);
  return { task: id, coalesced: false };
}

function parseArgs(type: TaskType, args: Json): Json {
  const parsed = type.args.safeParse(args);
  if (parsed.success) return parsed.data as Json; // Arguments are JSON: their schemas make nothing else.
  throw new Problem('invalid', `these are not arguments of '${type.name}'`, {
    fields: fieldsOf(parsed.error, ['args']),
  });
}

/**
 * A task that an agent of its server may do is left to it, so long after it is due: then one that is there and takes nothing, or has
 * more than it can do, is helped by the hub's workers.
 */
const forAgentsS = 30;

/** An agent that has said nothing for so long is gone. */
export const agentSilentS = 10;

/** Whether a task is for who asks: for a worker of the hub, or for the agents of a server. */
const isFor = (agentsOf: string | null) =>
  agentsOf === null
    ? // Agents are few or none: that is looked up once, and then nothing is asked of most tasks.
      sql`case when task.servers && (
            select coalesce(array_agg(agent.server_id), '{}') from worker join agent on agent.id = worker.agent_id
            where worker.heartbeat_at > now() - make_interval(secs => ${agentSilentS}) and worker.waiting is null)
          and task.run_at > now() - make_interval(secs => ${forAgentsS})
          then not exists (
            select from worker join agent on agent.id = worker.agent_id
            where agent.server_id = agent_server(task) and worker.waiting is null
              and worker.heartbeat_at > now() - make_interval(secs => ${agentSilentS}))
          else true end`
    : sql`case when task.servers = array[${agentsOf}::bigint] then agent_server(task) = ${agentsOf} else false end`;

/**
 * Hands out the next task whose locks are free and for which no earlier, due task is waiting. `agentsOf`: the server whose agent
 * asks; null: a worker of the hub does.
 * The select alone would do, were it not for tasks that become due this very moment: hence the insert decides.
 */
export async function claimTask(
  db: Kysely<Tables>,
  worker: string,
  agentsOf: string | null = null,
): Promise<ClaimedTask | undefined> {
  return db.transaction().execute(async (tx) => {
    // Through task_waiting in its order, so that the first that fits ends the search. Statistics never know of a burst of
    // tasks; with stale ones all that wait were judged and sorted for each claim (170 ms at 2,000 instead of 0.2 ms).
    await sql`set local enable_sort = off`.execute(tx);
    const { rows } = await sql<{ id: string; locks: string[]; servers: string[] }>`
      select id, locks, servers from task
      where status = 'queued' and run_at <= now() and ${isFor(agentsOf)}
        and not exists (select from queue where queue.name = 'task' and queue.paused)
        and not exists (select from lock where lock.key = any (task.locks))
        and not exists (select from server where ${isFull(sql`task.servers`)})
        and not exists (select from task before where before.id = task.after_id and before.status in ('queued', 'running'))
        and not exists (select from task earlier
                        where earlier.status = 'queued' and earlier.run_at <= now()
                          and earlier.id < task.id and earlier.locks && task.locks)
      order by priority, id
      for update skip locked
      limit 1`.execute(tx);
    const [task] = rows;
    if (!task) return undefined;
    // One after the other for each server that has a limit; who waited here sees what the one before has taken.
    await sql`
      select from server where id = any (${task.servers}::bigint[]) and tasks_max is not null
      order by id for no key update`.execute(tx);
    const full = await sql`select from server where ${isFull(sql`${task.servers}::bigint[]`)}`.execute(tx);
    if (full.rows.length > 0) return undefined;
    const held = await sql`
      insert into lock select unnest(${task.locks}::text[]), ${task.id} on conflict do nothing`.execute(tx);
    if (Number(held.numAffectedRows) < task.locks.length) {
      await sql`delete from lock where task_id = ${task.id}`.execute(tx);
      return undefined; // Another worker was quicker by a moment; the next poll decides.
    }
    const claimed = await sql<ClaimedTask>`
      update task set status = 'running', worker = ${worker}, attempt = attempt + 1, heartbeat_at = now(),
                      started_at = coalesce(started_at, now())
      where id = ${task.id}
      returning ${claimedColumns}`.execute(tx);
    return one(claimed.rows, 'the task just locked');
  });
}

/** Of a row of `task`: what ClaimedTask has. */
export const claimedColumns = sql`id as task_id, worker, attempt, name, subject_type, subject_id, subject_name, args, dry_run,
  timeout_ms, cancel_requested_at is not null as cancel_requested,
  (extract(epoch from now() - started_at) * 1000)::int as running_ms`;

/** One of these servers, as a condition of a row of `server`, that has as many running tasks as it may have. */
export const isFull = (servers: RawBuilder<unknown>) => sql`
  server.id = any (${servers}) and server.tasks_max <= (
    select count(*) from task running where running.status = 'running' and server.id = any (running.servers))`;

/** A claim that still is ours, as a condition. Every write of a worker carries it: this is the fence. */
export const mine = ({ taskId, worker, attempt }: Claim) =>
  sql`task.id = ${taskId} and task.worker = ${worker} and task.attempt = ${attempt} and task.status = 'running'`;

export const lost = ({ taskId }: Claim): Problem => new Problem('lost', `task ${taskId} now belongs to another worker`);

/** Also tells a worker whether somebody asked to cancel. Throws Problem 'lost'. */
export async function heartbeat(db: Kysely<Tables>, claim: Claim): Promise<{ readonly cancelRequested: boolean }> {
  const { rows } = await sql<{ cancelRequested: boolean }>`
    update task set heartbeat_at = now() where ${mine(claim)}
    returning cancel_requested_at is not null as cancel_requested`.execute(db);
  if (!rows[0]) throw lost(claim);
  return rows[0];
}

/** In the transaction that also writes the last event and the outcome. A stuck task keeps its locks. */
export async function endTask(
  tx: Transaction<Tables>,
  claim: Claim,
  status: 'done' | 'failed' | 'stuck' | 'cancelled',
  ending: { readonly result: Json | null; readonly problem: Json | null },
): Promise<void> {
  const { numAffectedRows } = await sql`
    update task set status = ${status}, ended_at = now(), result = ${ending.result === null ? null : jsonb(ending.result)}::jsonb,
                    problem = ${ending.problem === null ? null : jsonb(ending.problem)}::jsonb
    where ${mine(claim)}`.execute(tx);
  if (Number(numAffectedRows) === 0) throw lost(claim);
  await taskHappened(tx, claim.taskId);
  if (status !== 'stuck') await releaseLocks(tx, [claim.taskId]);
}

/** Whoever waits for these locks is told that they are free. */
export async function releaseLocks(tx: Transaction<Tables>, tasks: readonly string[]): Promise<void> {
  await sql`delete from lock where task_id = any (${[...tasks]}::bigint[])`.execute(tx);
  await sql`select pg_notify('task', '')`.execute(tx);
}
