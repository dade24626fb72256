import { sql } from 'kysely';
import { everything } from '../model/permission.ts';
import { Problem } from '../model/problem.ts';
import { type Caller, covers, type Grant, mayDo, type SignedIn } from './access.ts';
import type { Reader } from './hub.ts';

/** For what is done later in somebody's name, with what that account may by then; null: it was asked through the socket. */
export const asAccount = async (
  db: Reader,
  { accountId, name }: { readonly accountId: string | null; readonly name: string | null },
): Promise<Caller> =>
  accountId === null ? { kind: 'local' } : withRights(db, { kind: 'account', accountId, name: name ?? '' });

/** Who is signed in, with what they may just now: once per request. */
export async function withRights(db: Reader, who: SignedIn): Promise<Caller> {
  return { ...who, grants: await grantsOf(db, who.accountId) };
}

/**
 * Signed in as another one has what both may, as it is just now. Throws Problem 'unauthenticated' when the one may not do
 * that any more, or the other has become an administrator.
 */
export async function withRightsOfBoth(db: Reader, who: SignedIn, by: NonNullable<SignedIn['by']>): Promise<Caller> {
  const helper: Caller = { kind: 'account', ...by, grants: await grantsOf(db, by.accountId) };
  const grants = await grantsOf(db, who.accountId);
  if (!mayDo(helper, 'account impersonate') || grants.some(({ permissions }) => permissions.has(everything)))
    throw new Problem('unauthenticated', `you are not signed in as ${who.name} any more`, { hint: 'Sign in again.' });
  const ofBoth = ({ permissions, ...grant }: Grant): Grant => ({
    ...grant,
    permissions: new Set([...permissions].filter((one) => covers(helper, { ...grant, permissions: new Set([one]) }))),
  });
  return { ...who, by, grants: grants.map(ofBoth) };
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
