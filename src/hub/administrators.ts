import { sql } from 'kysely';
import { Problem } from '../model/problem.ts';
import { covers, mayDo, refused } from './access.ts';
import type { Asking } from './hub.ts';
import { grantsOf } from './rights.ts';

/** Does it, unless nobody would be left that may everything. Two that remove each other at once wait for one another here. */
export async function demandAdministrator({ tx }: Pick<Asking, 'tx'>, change: () => Promise<unknown>): Promise<void> {
  await sql`select from role where built_in and name = 'administrator' for update`.execute(tx);
  const before = await administrators({ tx });
  await change();
  if (before === 0 || (await administrators({ tx })) > 0) return;
  throw new Problem('in-use', 'this is the last account that is an administrator', {
    hint: 'Make another one first: aegir membership create <account> administrator.',
  });
}

async function administrators({ tx }: Pick<Asking, 'tx'>): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(distinct account.id)::int as count
    from membership join role on role.id = membership.role_id join account on account.id = membership.account_id
    where role.built_in and role.name = 'administrator' and membership.client_id is null
      and account.status = 'enabled'`.execute(tx);
  return rows[0]?.count ?? 0;
}

/**
 * Whoever can lock an account, or sign in as it, has power over all that it may: so it must be nothing that one may not
 * oneself. Throws Problem 'forbidden'.
 */
export async function demandOver({ tx, caller }: Asking, accountId: string): Promise<void> {
  // A token that is limited is less than its own account.
  if (caller.kind === 'account' && caller.accountId === accountId && !caller.scopes) return;
  if (!mayDo(caller, 'account change', { client: null })) throw refused(caller, 'do this to the account of another');
  if (await mayAllOf({ tx, caller }, accountId)) return;
  throw refused(caller, 'do this to an account that may more than you');
}

/** Whether an account may nothing that `caller` may not; of a locked one counts what it would have. */
export async function mayAllOf({ tx, caller }: Pick<Asking, 'tx' | 'caller'>, accountId: string): Promise<boolean> {
  const grants = await grantsOf(tx, accountId, { evenLocked: true });
  return grants.every((grant) => covers(caller, grant));
}
