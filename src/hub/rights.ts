import { sql } from 'kysely';
import type { Caller, Grant, SignedIn } from './access.ts';
import type { Reader } from './hub.ts';

/** Who is signed in, with what they may just now: once per request. */
export async function withRights(db: Reader, who: SignedIn): Promise<Caller> {
  return { ...who, grants: await grantsOf(db, who.accountId) };
}

/** Of an account that is locked: none, unless `evenLocked`. */
export async function grantsOf(
  db: Reader,
  accountId: string,
  { evenLocked = false }: { readonly evenLocked?: boolean } = {},
): Promise<readonly Grant[]> {
  const { rows } = await sql<{ role: string; permissions: readonly string[]; client: string | null }>`
    select role.name as role, role.permissions, membership.client_id as client
    from membership join role on role.id = membership.role_id join account on account.id = membership.account_id
    where account.id = ${accountId} and (account.status = 'enabled' or (account.status = 'locked' and ${evenLocked}))
    order by membership.id`.execute(db);
  return rows.map(({ permissions, ...grant }) => ({ ...grant, permissions: new Set(permissions) }));
}
