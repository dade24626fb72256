import { type Kysely, sql } from 'kysely';
import { audit } from '../audit.ts';
import { actorOf } from '../audited.ts';
import type { Asked } from '../hub.ts';
import { one } from '../rows.ts';
import type { Tables } from '../tables.ts';

/**
 * In the transaction of what it tells: what somebody did who was not known before, and who that is; `means` is what has
 * shown it.
 */
export async function tellEntering(
  tx: Kysely<Tables>,
  { visit, endpoint }: Pick<Asked, 'visit' | 'endpoint'>,
  { accountId, means, details = {} }: { readonly accountId: string; readonly means: string; readonly details?: object },
): Promise<void> {
  const { rows } = await sql<{ name: string }>`select name from account where id = ${accountId}`.execute(tx);
  const { name } = one(rows, 'there is no such account');
  await audit(tx, {
    actor: { accountId, account: name, address: visit.address ?? '', means },
    what: endpoint,
    subject: { noun: 'account', id: accountId, name, client: null },
    result: 'done',
    details,
  });
}

/** The same of who is signed in, about their own account. */
export async function tellOwn(
  tx: Kysely<Tables>,
  { caller, visit, endpoint }: Pick<Asked, 'caller' | 'visit' | 'endpoint'>,
): Promise<void> {
  const subject =
    caller.kind === 'account' ? { noun: 'account', id: caller.accountId, name: caller.name, client: null } : null;
  await audit(tx, { actor: actorOf(caller, visit.address ?? ''), what: endpoint, subject, result: 'done' });
}
