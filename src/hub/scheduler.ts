import { type Kysely, sql } from 'kysely';
import type { Clock } from '../model/clock.ts';
import { Problem, problemJson } from '../model/problem.ts';
import type { Sweep } from '../tasks/catalog.ts';
import { askFor } from './ask.ts';
import { forgetTransfers } from './backup-files.ts';
import { collectBackups } from './backup-gc.ts';
import { followLocks } from './client-lock.ts';
import { byItself, type Hub } from './hub.ts';
import { requeueLost } from './lost-tasks.ts';
import { forgetHappenings } from './notification/gc.ts';
import type { Subject } from './queue.ts';
import { settingValue } from './setting.ts';
import { forgetSignIns } from './sign-in/gc.ts';
import type { Tables } from './tables.ts';
import { forgetTasks } from './task-control.ts';

const tickMs = 2000;
const hourMs = 60 * 60_000;
const dayMs = 24 * 60 * 60_000;

type Scheduling = Pick<Hub, 'database' | 'catalog' | 'sealKey' | 'transfers'>;

/** What runs without anyone asking. Any number of hubs may run it: each row of `queue` decides who is first. */
export async function schedule(hub: Scheduling, clock: Clock, stop: AbortSignal): Promise<void> {
  const { db } = hub.database;
  let transfersAt = Number.NEGATIVE_INFINITY;
  while (!stop.aborted) {
    try {
      await requeueLost(db);
      await followLocks(hub);
      for (const [queue, forget] of Object.entries(hourly)) if (await isDue(db, queue, hourMs)) await forget(hub);
      // Each hub has files of its own.
      if (performance.now() - transfersAt > hourMs) {
        transfersAt = performance.now();
        await forgetTransfers(hub);
      }
      for (const sweep of hub.catalog.sweeps)
        if (await isDue(db, sweep.name, sweep.everyMs)) await addSweep(db, hub, sweep);
    } catch (error) {
      process.stderr.write(`scheduler: ${problemJson(error).message}\n`);
    }
    await clock.sleep(tickMs, stop).catch(() => undefined); // ended early by `stop`
  }
}

/** What has had its time. */
const hourly: { readonly [queue: string]: (hub: Scheduling) => Promise<unknown> } = {
  'task gc': async ({ database: { db } }) => forgetTasks(db, (await settingValue(db, 'task.retention-days')) * dayMs),
  'backup gc': collectBackups,
  'notification gc': ({ database: { db } }) => forgetHappenings(db),
  'sign-in gc': ({ database: { db } }) => forgetSignIns(db),
  'audit gc': async ({ database: { db } }) =>
    sql`select forget_audit(${await settingValue(db, 'audit.retention-days')})`.execute(db),
};

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

/** One task for every enabled subject; one that already waits is not added again. */
async function addSweep(db: Kysely<Tables>, hub: Scheduling, sweep: Sweep): Promise<void> {
  const type = hub.catalog.taskTypes.find(({ name }) => name === sweep.task);
  if (!type)
    return void process.stderr.write(`scheduler: sweep '${sweep.name}' wants '${sweep.task}', which does not exist\n`);
  const { rows } = await sql<{ id: string }>`
    select id from ${sql.table(type.noun)} as subject
    where status = 'enabled' and not exists (
      select from task where task.status = 'queued' and task.name = ${type.name} and task.subject_id = subject.id)
    order by id`.execute(db);
  for (const { id } of rows) {
    const asked = db.transaction().execute(async (tx) => {
      const subject = await sql<Subject>`
        select id, name, status from ${sql.table(type.noun)} where id = ${id} and status = 'enabled' for update`.execute(
        tx,
      );
      if (subject.rows[0]) await askFor({ tx, hub, ...byItself(type) }, type, subject.rows[0]);
    });
    // One for which it is not possible just now (another task moves it) keeps none of the others waiting.
    await asked.catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error;
      process.stderr.write(`scheduler: sweep '${sweep.name}': ${error.message}\n`);
    });
  }
}
