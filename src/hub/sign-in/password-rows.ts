import { type Kysely, sql } from 'kysely';
import { Problem } from '../../model/problem.ts';
import type { Tables } from '../tables.ts';
import { isPassword, passwordHash } from './password.ts';

/** An account that can sign in, and the hash of its password, if it has one. */
export interface Known {
  readonly id: string;
  readonly name: string;
  readonly hash: string | null;
}

/** By its name, or by a mail address that only one has. Null: nobody, or one that is locked. */
export async function knownAs(db: Kysely<Tables>, given: string): Promise<Known | null> {
  const { rows } = await sql<Known>`
    select account.id, account.name, password.hash
    from account left join password on password.account_id = account.id
    where account.status = 'enabled' and (account.name = ${given} or lower(account.email) = lower(${given}))
    order by (account.name = ${given}) desc limit 2`.execute(db);
  const [first, second] = rows;
  return first && (first.name === given || !second) ? first : null;
}

export async function knownById(db: Kysely<Tables>, id: string): Promise<Known | null> {
  const { rows } = await sql<Known>`
    select account.id, account.name, password.hash
    from account left join password on password.account_id = account.id
    where account.status = 'enabled' and account.id = ${id}`.execute(db);
  return rows[0] ?? null;
}

/** Whether it is the password of this one; of nobody none is, which takes as long to say. One that costs too little now is hashed anew. */
export async function checkPassword(db: Kysely<Tables>, known: Known | null, password: string): Promise<Known | null> {
  const { right, stale } = await isPassword(password, known?.hash ?? null);
  if (!known || !right) return null;
  if (!stale) return known;
  const hash = await passwordHash(password);
  const put = await sql`
    update password set hash = ${hash} where account_id = ${known.id} and hash = ${known.hash}`.execute(db);
  return Number(put.numAffectedRows) === 1 ? { ...known, hash } : null;
}

/**
 * That nothing has changed since the password was compared: held until the transaction ends, so that a session that begins
 * now is seen by whoever changes the password, and ended. Throws Problem 'unauthenticated'.
 */
export async function holdKnown(tx: Kysely<Tables>, { id, hash }: Pick<Known, 'id' | 'hash'>): Promise<void> {
  const account = await sql`select from account where id = ${id} and status = 'enabled' for share`.execute(tx);
  const password = await sql`
    select from password where account_id = ${id} and hash = ${hash} for share`.execute(tx);
  if (account.rows.length === 0 || password.rows.length === 0) throw wrongPassword();
}

/** Says nothing of whether there is such an account, whether it is locked, and which of both was wrong. */
export const wrongPassword = (): Problem =>
  new Problem('unauthenticated', 'name and password do not belong together', {
    hint: 'Look whether both are written right. An administrator can make a link with which you choose a new password.',
  });

export async function putPassword(tx: Kysely<Tables>, accountId: string, hash: string): Promise<void> {
  await sql`
    insert into password (account_id, hash) values (${accountId}, ${hash})
    on conflict (account_id) do update set hash = excluded.hash, changed_at = now()`.execute(tx);
}

/** Throws Problem 'invalid' for one that begins with what everybody knows of its account. */
export function demandUnlike(
  password: string,
  { name, email }: { readonly name: string; readonly email?: string | null },
) {
  const known = [name, email?.split('@')[0] ?? ''].filter((word) => word.length >= 4);
  if (!known.some((word) => password.toLowerCase().includes(word.toLowerCase()))) return;
  throw new Problem('invalid', 'the password has the name of its account in it', {
    hint: 'Choose one that says nothing about you.',
    fields: [{ path: 'password', message: 'has the name of its account in it' }],
  });
}
