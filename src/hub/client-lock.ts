import { sql } from 'kysely';
import { Problem } from '../model/problem.ts';
import { askFor } from './ask.ts';
import { insertBatch } from './batch.ts';
import { type Asked, byItself, type Hub } from './hub.ts';
import { demandPossible, taskTypeOf } from './possible.ts';
import { resolve } from './resolve.ts';

/** As many at once, so that other tasks go on; and however many fail, the others are not spared. */
const rule = { canary: 0, parallel: 4, failuresMax: 100_000 };

/**
 * Disables what a client has enabled, as a batch of the hub's own: whoever locks needs no rights over sites, and loses none
 * half-way. Sites that were disabled before are not marked, and so stay when it is unlocked.
 */
export async function lockSites(asked: Asked, client: string, name: string): Promise<void> {
  await stopBatch(asked, client);
  const { rows } = await sql<{ id: string; name: string }>`
    update site set locked = true
    where client_id = ${client} and status = 'enabled' and copy_of is null returning id, name`.execute(asked.tx);
  await startBatch(asked, client, { name: 'site disable', title: `lock ${name}` }, rows);
}

/** Enables what the lock has disabled. What it was just about to disable is found by `followLocks`. */
export async function unlockSites(asked: Asked, client: string, name: string): Promise<void> {
  await stopBatch(asked, client);
  const { rows } = await sql<{ id: string; name: string }>`
    select id, name from site
    where client_id = ${client} and locked and status = 'disabled' and copy_of is null`.execute(asked.tx);
  await startBatch(asked, client, { name: 'site enable', title: `unlock ${name}` }, rows);
}

/** It begins no more; what it has begun comes to its end. */
async function stopBatch({ tx }: Asked, client: string): Promise<void> {
  await sql`
    update batch set cancel_requested_at = coalesce(cancel_requested_at, now())
    where id = (select lock_batch_id from client where id = ${client}) and status = 'running'`.execute(tx);
  await sql`update client set lock_batch_id = null where id = ${client}`.execute(tx);
}

async function startBatch(
  asked: Asked,
  client: string,
  wanted: { readonly name: string; readonly title: string },
  sites: readonly { readonly id: string; readonly name: string }[],
): Promise<void> {
  if (sites.length === 0) return;
  const members = sites.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const itself = { ...asked, ...byItself({ noun: 'site' }) };
  const { batch } = await insertBatch(itself, { ...wanted, ...rule, args: {} }, members);
  await sql`update client set lock_batch_id = ${batch.id} where id = ${client}`.execute(asked.tx);
}

/** At a time. */
const followedMax = 50;

/**
 * What the batches have not: a site that came to be enabled after its client was locked, one that was being disabled when it
 * was unlocked or that went to another client, one for which it failed (again after ten minutes).
 */
export async function followLocks(hub: Pick<Hub, 'database' | 'catalog' | 'sealKey'>): Promise<void> {
  const { db } = hub.database;
  await sql`
    update site set locked = false from client
    where site.locked and client.id = site.client_id and client.status <> 'locked' and site.status <> 'disabled'
      and not exists (${tasksOf(sql`task.status in ('queued', 'running', 'stuck')`)})`.execute(db);
  const { rows } = await sql<{ id: string; task: string }>`
    select id, task from (
      select site.id, 'site disable' as task from client join site on site.client_id = client.id
      where client.status = 'locked' and site.status = 'enabled' and site.copy_of is null
      union all
      select site.id, 'site enable' from site join client on client.id = site.client_id
      where site.locked and client.status = 'enabled' and site.status = 'disabled' and site.copy_of is null) as site
    where not exists (${tasksOf(sql`task.status in ('queued', 'running', 'stuck')`)})
      and not exists (${tasksOf(sql`task.status in ('failed', 'cancelled') and task.name = site.task
        and task.ended_at > now() - interval '10 minutes'`)})
      and not exists (
        select from batch_member join batch on batch.id = batch_member.batch_id
        where batch.status = 'running' and batch.cancel_requested_at is null and batch_member.subject_id = site.id
          and batch_member.status in ('waiting', 'running'))
    order by id limit ${followedMax}`.execute(db);
  for (const { id, task } of rows) await follow(hub, id, task);
}

const tasksOf = (which: ReturnType<typeof sql>) =>
  sql`select from task where task.subject_type = 'site' and task.subject_id = site.id and not task.dry_run and ${which}`;

async function follow(hub: Parameters<typeof followLocks>[0], site: string, task: string): Promise<void> {
  const type = taskTypeOf(hub, 'site', task);
  try {
    await hub.database.db.transaction().execute(async (tx) => {
      const asking = { tx, hub, ...byItself(type) };
      const subject = await resolve(asking, 'site', site, { lock: true });
      await demandPossible(tx, type, subject);
      if (task === 'site disable') await sql`update site set locked = true where id = ${site}`.execute(tx);
      await askFor(asking, type, subject);
    });
  } catch (error) {
    if (!(error instanceof Problem)) throw error; // Something else is done to it just now: the next look finds it.
  }
}
