import { randomInt } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../tables.ts';
import { hashOf } from './sessions.ts';

const codes = 10;
/** Without what is read for something else: 0 and o, 1, i and l. */
const letters = '23456789abcdefghjkmnpqrstuvwxyz';

/** New ones in the place of all others, to be shown once: 'h7tq-2mzc-…', 79 random bits each. */
export async function newRecoveryCodes(tx: Kysely<Tables>, accountId: string): Promise<readonly string[]> {
  const made = Array.from({ length: codes }, () => {
    const text = Array.from({ length: 16 }, () => letters[randomInt(letters.length)]).join('');
    return text.replace(/(.{4})(?=.)/g, '$1-');
  });
  await sql`delete from recovery_code where account_id = ${accountId}`.execute(tx);
  const rows = made.map((code) => sql`(${accountId}::bigint, ${hashOf(spelled(code))}::bytea)`);
  await sql`insert into recovery_code (account_id, hash) values ${sql.join(rows)}`.execute(tx);
  return made;
}

/** Each opens once. */
export async function takeRecoveryCode(tx: Kysely<Tables>, accountId: string, code: string): Promise<boolean> {
  const taken = await sql`
    update recovery_code set used_at = now()
    where account_id = ${accountId} and hash = ${hashOf(spelled(code))} and used_at is null`.execute(tx);
  return Number(taken.numAffectedRows) === 1;
}

/** However it is written down: capitals, blanks, without hyphens. */
const spelled = (code: string): string => code.toLowerCase().replace(/[^a-z0-9]/g, '');
