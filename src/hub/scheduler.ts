import { type Kysely, sql } from 'kysely';
import type { Clock } from '../model/clock.ts';
import { problemJson } from '../model/problem.ts';
import { forgetTransfers } from './backup-files.ts';
import { followLocks } from './client-lock.ts';
import { hourly } from './hourly.ts';
import type { Hub } from './hub.ts';
import { requeueLost } from './lost-tasks.ts';
import { runReserves } from './reserve-run.ts';
import { runStagedMoves } from './staged-move-run.ts';
import { addSweepTasks } from './sweep-tasks.ts';
import { sweepQueues } from './sweeps.ts';
import type { Tables } from './tables.ts';
import { placeTurns } from './turns.ts';
import { askWantedVerifies } from './wanted-verifies.ts';

const tickMs = 2000;
/** A site that was just made, or has another period, is seen within this time. */
const placeEveryMs = 60_000;
const hourMs = 60 * 60_000;

/** What runs without anyone asking. Any number of hubs may run it: each row of `queue` decides who is first. */
export async function schedule(hub: Hub, clock: Clock, stop: AbortSignal): Promise<void> {
  const { db } = hub.database;
  let [transfersAt, placedAt] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  while (!stop.aborted) {
    try {
      await requeueLost(db);
      await followLocks(hub);
      for (const [queue, { forget }] of Object.entries(hourly)) if (await isDue(db, queue, hourMs)) await forget(hub);
      // Each hub has files of its own.
      if (performance.now() - transfersAt > hourMs) {
        transfersAt = performance.now();
        await forgetTransfers(hub);
      }
      if (performance.now() - placedAt > placeEveryMs) {
        placedAt = performance.now();
        for (const queue of sweepQueues(hub.catalog)) await placeTurns(db, queue);
      }
      await addSweepTasks(hub);
      await askWantedVerifies(hub);
      await moveReserves(hub);
      await runStagedMoves(hub);
    } catch (error) {
      process.stderr.write(`scheduler: ${problemJson(error).message}\n`);
    }
    await clock.sleep(tickMs, stop).catch(() => undefined); // ended early by `stop`
  }
}

/** One hub at a time; and not while the queue is paused. */
async function moveReserves(hub: Hub): Promise<void> {
  if (await isDue(hub.database.db, 'reserve', tickMs / 2)) await runReserves(hub);
}

/** True once per period and over all hubs: the update is the election. */
async function isDue(db: Kysely<Tables>, queue: string, everyMs: number): Promise<boolean> {
  await sql`insert into queue (name) values (${queue}) on conflict do nothing`.execute(db);
  const { rows } = await sql`
    update queue set last_run_at = now()
    where name = ${queue} and not paused
      and (last_run_at is null or last_run_at < now() - make_interval(secs => ${everyMs / 1000}))
    returning name`.execute(db);
  return rows.length > 0;
}
