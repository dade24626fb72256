import { type Kysely, sql } from 'kysely';
import { one } from '../rows.ts';
import { settingSql } from '../setting.ts';
import type { Tables } from '../tables.ts';

export type FactorWay = 'passkey' | 'totp' | 'recovery-code';

export interface Factors {
  /** Since when; null: none. */
  readonly totp: Date | null;
  readonly passkeys: number;
  /** How many are left. */
  readonly recoveryCodes: number;
  readonly required: boolean;
}

/** Whether an account must have a second factor, by itself or for one of its roles, as a condition on `account`. */
export const factorIsRequired = sql<boolean>`(account.second_factor_required or exists (
  select from membership join role on role.id = membership.role_id
  where membership.account_id = account.id and ${settingSql('sign-in.second-factor-roles')} ? role.name))`;
/** Whether it has one. */
export const hasFactor = sql<boolean>`(exists (select from totp where totp.account_id = account.id)
  or exists (select from passkey where passkey.account_id = account.id))`;

export async function factorsOf(db: Kysely<Tables>, accountId: string): Promise<Factors> {
  const { rows } = await sql<Factors>`
    select (select created_at from totp where account_id = account.id) as totp,
      (select count(*)::int from passkey where account_id = account.id) as passkeys,
      (select count(*)::int from recovery_code where account_id = account.id and used_at is null) as recovery_codes,
      ${factorIsRequired} as required
    from account where id = ${accountId}`.execute(db);
  return one(rows, 'there is no such account');
}

/** How one may show it, the safest first. Recovery codes alone are no second factor. */
export function waysOf({ totp, passkeys, recoveryCodes }: Factors): readonly FactorWay[] {
  const ways: FactorWay[] = [...(passkeys > 0 ? (['passkey'] as const) : []), ...(totp ? (['totp'] as const) : [])];
  return ways.length > 0 && recoveryCodes > 0 ? [...ways, 'recovery-code'] : ways;
}

/** All of them, for who has lost them, or whose account goes. */
export async function removeFactors(tx: Kysely<Tables>, accountId: string): Promise<void> {
  for (const table of ['totp', 'passkey', 'recovery_code', 'challenge'])
    await sql`delete from ${sql.table(table)} where account_id = ${accountId}`.execute(tx);
}
