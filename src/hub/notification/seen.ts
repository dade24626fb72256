import { type Kysely, sql } from 'kysely';
import { withRights } from '../rights.ts';
import type { Tables } from '../tables.ts';
import { visible } from '../visible.ts';

/**
 * Which of these happenings an account may see just now: of its tasks and batches as every list shows them, and tests of
 * its own. Asked when a notification is laid into the outbox, and again before it is sent.
 */
export async function seenBy(
  db: Kysely<Tables>,
  accountId: string,
  happenings: readonly string[],
): Promise<ReadonlySet<string>> {
  const caller = await withRights(db, { kind: 'account', accountId, name: '' });
  const asked = sql`happening.id = any (${[...happenings]}::bigint[])`;
  const { rows } = await sql<{ id: string }>`
    select happening.id from happening join task on task.id = happening.task_id where ${asked} and ${visible('task', caller)}
    union all
    select happening.id from happening join batch on batch.id = happening.batch_id where ${asked} and ${visible('batch', caller)}
    union all
    select happening.id from happening join site_order on site_order.id = happening.order_id
    where ${asked} and ${visible('order', caller)}
    union all
    select happening.id from happening join site on site.id = happening.subject_id
    where happening.subject_type = 'site' and ${asked} and ${visible('site', caller)}
    union all
    select happening.id from happening join platform on platform.id = happening.subject_id
    where happening.subject_type = 'platform' and ${asked} and ${visible('platform', caller)}
    union all
    select happening.id from happening join account on account.id = happening.account_id
    where ${asked} and account.id = ${accountId} and account.status = 'enabled'`.execute(db);
  return new Set(rows.map(({ id }) => id));
}
