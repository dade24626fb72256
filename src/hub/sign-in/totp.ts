import { type Kysely, sql } from 'kysely';
import { Secret as OtpSecret, TOTP } from 'otpauth';
import { Secret } from '../../model/secret.ts';
import type { Hub } from '../hub.ts';
import { seal, unseal } from '../seal.ts';
import type { Tables } from '../tables.ts';

/** What every authenticator app knows: SHA-1, six digits, 30 s. */
const periodS = 30;
const totpOf = (base32: string, label = 'Aegir'): TOTP =>
  new TOTP({
    issuer: 'Aegir',
    label,
    secret: OtpSecret.fromBase32(base32),
    algorithm: 'SHA1',
    digits: 6,
    period: periodS,
  });

/** A new secret of 160 bits, and the address of it that is shown as a QR code. */
export function newTotp(label: string): { readonly secret: string; readonly uri: string } {
  const secret = new OtpSecret({ size: 20 }).base32;
  return { secret, uri: totpOf(secret, label).toString() };
}

/** Which period of 30 s a code is of: this one, or one before or behind it, as clocks differ. Null: it is wrong. */
export function stepOf(base32: string, code: string, now = Date.now()): number | null {
  const delta = totpOf(base32).validate({ token: code, timestamp: now, window: 1 });
  return delta === null ? null : Math.floor(now / 1000 / periodS) + delta;
}

const purpose = (accountId: string): string => `totp:${accountId}`;

export async function putTotp(
  tx: Kysely<Tables>,
  { sealKey }: Pick<Hub, 'sealKey'>,
  accountId: string,
  { secret, step }: { readonly secret: string; readonly step: number },
): Promise<void> {
  const sealed = seal(sealKey, new Secret(secret), purpose(accountId));
  await sql`
    insert into totp (account_id, sealed, last_step) values (${accountId}, ${sealed}, ${step})
    on conflict (account_id) do update set sealed = excluded.sealed, last_step = excluded.last_step, created_at = now()`.execute(
    tx,
  );
}

/** Takes a code, and every one that is not younger with it: who has read along comes too late. */
export async function takeTotp(
  tx: Kysely<Tables>,
  { sealKey }: Pick<Hub, 'sealKey'>,
  accountId: string,
  code: string,
): Promise<boolean> {
  const { rows } = await sql<{ sealed: Buffer }>`select sealed from totp where account_id = ${accountId}`.execute(tx);
  const [found] = rows;
  if (!found) return false;
  const step = stepOf(unseal(sealKey, found.sealed, purpose(accountId)).reveal(), code);
  if (step === null) return false;
  const taken = await sql`
    update totp set last_step = ${step} where account_id = ${accountId} and last_step < ${step}`.execute(tx);
  return Number(taken.numAffectedRows) === 1;
}
