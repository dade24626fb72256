import { type Kysely, sql } from 'kysely';
import type { ReadChain } from '../model/certificate-chain.ts';
import type { Secret } from '../model/secret.ts';
import type { FoundCertificate } from '../tasks/outcome.ts';
import { jsonb } from './database.ts';
import { type SealKey, seal } from './seal.ts';
import { certificateSecret } from './site-secrets.ts';
import type { Tables } from './tables.ts';

/** What a task has of it, at once. */
export async function recordCertificate(tx: Kysely<Tables>, key: SealKey, found: FoundCertificate): Promise<void> {
  const { id, leftOut, order, comingKey, made } = found;
  if (leftOut) await sql`update certificate set left_out = ${jsonb(leftOut)}::jsonb where id = ${id}`.execute(tx);
  if (order) await sql`update certificate set acme_order = ${jsonb(order)}::jsonb where id = ${id}`.execute(tx);
  if (order === null)
    await sql`update certificate set acme_order = null, coming_key = null where id = ${id}`.execute(tx);
  if (comingKey)
    await sql`
      update certificate set coming_key = ${seal(key, comingKey, certificateSecret('coming_key', id))} where id = ${id}`.execute(
      tx,
    );
  if (made) await writeCertificate(tx, key, id, made);
}

/** From now on it is this one; the sites that use it are verified by and by. */
export async function writeCertificate(
  tx: Kysely<Tables>,
  key: SealKey,
  id: string,
  {
    chain,
    key: secret,
    names,
    notBefore,
    notAfter,
    issuer,
  }: ReadChain & { readonly chain: string; readonly key: Secret },
): Promise<void> {
  await sql`
    update certificate set chain = ${chain}, key = ${seal(key, secret, certificateSecret('key', id))},
      covered = ${[...names]}, issuer = ${issuer}, not_before = ${notBefore}, not_after = ${notAfter}, status = 'enabled'
    where id = ${id}`.execute(tx);
  await sql`
    update site set verify_wanted = true where certificate_id = ${id} and status <> 'deleted' and copy_of is null`.execute(
    tx,
  );
}
