import { type Kysely, sql } from 'kysely';
import { Problem } from '../../model/problem.ts';
import type { Holding } from '../held-task.ts';
import type { Hub } from '../hub.ts';
import { append, requeueLost } from '../lost-tasks.ts';
import { type Claim, type ClaimedTask, claimedColumns, claimTask, lost, mine, releaseLocks } from '../queue.ts';
import type { Tables } from '../tables.ts';
import { type Agent, notKnown } from './credential.ts';
import { editionOf } from './edition.ts';

/** A process of an agent is a worker, called after the credential that it has shown: nobody has a claim in another's name. */
export const workerName = ({ serverName, id }: Agent, instance: string): string =>
  `agent-${serverName}-${id}-${instance}`;

export function demandEdition({ version, catalog }: Hub, said: string): void {
  if (said !== editionOf(version, catalog))
    throw new Problem('conflict', 'this agent is not of the same version as its hub, or has other plug-ins', {
      hint: `Install ${version} on its server, with the aegir.config.ts of the hub and what that names, and start it again.`,
    });
}

export interface Asks {
  readonly instance: string;
  /** Tasks that it knows to have. */
  readonly holds: readonly string[];
  /** Why it takes none just now, or null. */
  readonly waiting: string | null;
  /** How long it waits for one, at most. */
  readonly waitMs: number;
}

/** When a notification was lost, this finds the task that is due; so often the agent's process is seen to live. */
const pollMs = 1000;

/**
 * The next task for this process of an agent; null: none within its time. One whose answer was lost is answered
 * again, as a new attempt: what may still be on its way of the former one is not its any more.
 */
export async function waitForTask(hub: Hub, agent: Agent, asks: Asks, gone: AbortSignal): Promise<ClaimedTask | null> {
  const { db, listen } = hub.database;
  const worker = workerName(agent, asks.instance);
  const until = performance.now() + asks.waitMs;
  let wake = Promise.withResolvers<void>();
  const unlisten = await listen(
    'task',
    () => wake.resolve(),
    () => wake.resolve(),
  );
  try {
    while (!gone.aborted) {
      wake = Promise.withResolvers();
      await sayAlive(db, agent, worker, asks.waiting);
      await requeueLost(db);
      const task = asks.waiting === null ? await takeTask(db, agent, worker, asks.holds) : undefined;
      if (task) return task;
      const leftMs = until - performance.now();
      if (leftMs <= 0) return null;
      const timer = setTimeout(() => wake.resolve(), Math.min(leftMs, pollMs));
      await wake.promise;
      clearTimeout(timer);
    }
    return null;
  } finally {
    await unlisten();
  }
}

async function takeTask(
  db: Kysely<Tables>,
  { serverId }: Agent,
  worker: string,
  holds: readonly string[],
): Promise<ClaimedTask | undefined> {
  const { rows } = await sql<ClaimedTask>`
    update task set heartbeat_at = now(), attempt = attempt + 1, attempts_max = attempts_max + 1
    where id = (select id from task where worker = ${worker} and status = 'running' and id <> all (${[...holds]}::bigint[])
                order by id limit 1)
    returning ${claimedColumns}`.execute(db);
  return rows[0] ?? claimTask(db, worker, serverId);
}

/** Throws Problem 'unauthenticated' when the credential was revoked while it waited. */
async function sayAlive(db: Kysely<Tables>, agent: Agent, worker: string, waiting: string | null): Promise<void> {
  const { numAffectedRows } = await sql`
    insert into worker (name, waiting, agent_id)
    select ${worker}, ${waiting}, id from agent where id = ${agent.id} and revoked_at is null
    on conflict (name) do update set heartbeat_at = now(), waiting = excluded.waiting`.execute(db);
  if (Number(numAffectedRows) === 0) throw notKnown();
}

/** Of a task in hand too: an agent whose slots are all taken asks for nothing, and is there all the same. */
export async function stillAlive(db: Kysely<Tables>, worker: string): Promise<void> {
  await sql`update worker set heartbeat_at = now() where name = ${worker}`.execute(db);
}

/** The task that this claim holds; with `ended` also one that it has ended. Throws Problem 'lost'. */
export async function holdingOf(db: Kysely<Tables>, claim: Claim, { ended = false } = {}): Promise<Holding> {
  const { rows } = await sql<Holding>`
    select id as task_id, worker, attempt, subject_type, subject_id from task
    where ${mine(claim)} or (${ended} and id = ${claim.taskId} and worker = ${claim.worker}
      and attempt = ${claim.attempt} and ended_at is not null)`.execute(db);
  if (!rows[0]) throw lost(claim);
  return rows[0];
}

/**
 * A claim that is given up on purpose: the task is free at once and goes on where it is. `hubOnly`: with the hub's own workers.
 * It does not count as a loss.
 */
export async function giveBack(db: Kysely<Tables>, claim: Claim, { hubOnly }: { hubOnly: boolean }): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { numAffectedRows } = await sql`
      update task set status = 'queued', worker = null, attempts_max = attempts_max + 1, hub_only = hub_only or ${hubOnly}
      where ${mine(claim)}`.execute(tx);
    if (Number(numAffectedRows) === 0) return;
    await append(tx, claim.taskId, { type: 'task.given-back', worker: claim.worker, attempt: claim.attempt });
    await releaseLocks(tx, [claim.taskId]);
  });
}

/** A process of an agent that stops: it holds nothing any more, and is not waited for. */
export async function leave(db: Kysely<Tables>, agent: Agent, instance: string): Promise<void> {
  const worker = workerName(agent, instance);
  const { rows } = await sql<Claim>`
    select id as task_id, worker, attempt from task where worker = ${worker} and status = 'running'`.execute(db);
  for (const claim of rows) await giveBack(db, claim, { hubOnly: false });
  await sql`delete from worker where name = ${worker}`.execute(db);
  await sql`select pg_notify('task', '')`.execute(db);
}
