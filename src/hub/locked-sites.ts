import { sql } from 'kysely';
import { type Caller, mayDo, refused } from './access.ts';
import type { Asking } from './hub.ts';

/** Who may lock clients does with their sites what others may not meanwhile. */
const mayLock = (caller: Caller): boolean => mayDo(caller, 'client change', { client: null });

/** Why a task must not be cancelled that the lock of a client has asked for; null: it may be. */
export async function whyNotCancelled(
  { tx, caller }: Pick<Asking, 'tx' | 'caller'>,
  { name, subjectId }: { readonly name: string; readonly subjectId: string },
): Promise<string | null> {
  if (name !== 'site disable' || mayLock(caller) || !(await isLocked(tx, subjectId))) return null;
  return 'Its client is locked: this disables the site until it is unlocked.';
}

/** Throws Problem 'forbidden' for the batch that disables the sites of a locked client. */
export async function demandNoLock({ tx, caller }: Pick<Asking, 'tx' | 'caller'>, batch: string): Promise<void> {
  if (mayLock(caller)) return;
  const { rows } = await sql`select from client where lock_batch_id = ${batch} and status = 'locked'`.execute(tx);
  if (rows.length > 0) throw refused(caller, 'stop what locks a client');
}

/** Throws Problem 'forbidden' for a site that would get out of the lock of its client by going to another, or by being copied there. */
export async function demandMayLeave({ tx, caller }: Pick<Asking, 'tx' | 'caller'>, site: string): Promise<void> {
  if (!mayLock(caller) && (await isLocked(tx, site)))
    throw refused(caller, 'give a site of a locked client to another one');
}

async function isLocked(tx: Asking['tx'], site: string): Promise<boolean> {
  const { rows } = await sql`
    select from site join client on client.id = site.client_id
    where site.id = ${site} and client.status = 'locked'`.execute(tx);
  return rows.length > 0;
}
