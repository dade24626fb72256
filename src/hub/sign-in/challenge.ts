import { type Kysely, sql } from 'kysely';
import type { Json } from '../../model/json.ts';
import { Problem } from '../../model/problem.ts';
import { Secret } from '../../model/secret.ts';
import type { Hub } from '../hub.ts';
import { seal, unseal } from '../seal.ts';
import type { Tables } from '../tables.ts';
import { hashOf, isSecret, newSecret } from './sessions.ts';

export type ChallengeKind = 'second factor' | 'passkey' | 'new passkey' | 'new totp' | 'single sign-on';

const validForMinutes = 10;

/** Begins what the same browser finishes with the secret that is answered. `wanted` is what its answer is checked against. */
export async function begin(
  db: Kysely<Tables>,
  { sealKey }: Pick<Hub, 'sealKey'>,
  kind: ChallengeKind,
  { accountId, wanted }: { readonly accountId: string | null; readonly wanted: Json },
): Promise<string> {
  const secret = newSecret();
  const sealed = seal(sealKey, new Secret(JSON.stringify(wanted)), purpose(kind, accountId));
  await sql`
    insert into challenge (hash, kind, account_id, sealed, expires_at)
    values (${hashOf(secret)}, ${kind}, ${accountId}, ${sealed}, now() + make_interval(mins => ${validForMinutes}))`.execute(
    db,
  );
  return secret;
}

export interface Challenge {
  readonly accountId: string | null;
  readonly wanted: Json;
}

/** Throws Problem 'unauthenticated' for one that is over, was finished, or is of another kind. */
export async function look(
  db: Kysely<Tables>,
  { sealKey }: Pick<Hub, 'sealKey'>,
  kind: ChallengeKind,
  secret: string,
): Promise<Challenge> {
  const { rows } = await sql<{ accountId: string | null; sealed: Buffer }>`
    select account_id, sealed from challenge
    where hash = ${hashOf(isSecret(secret) ? secret : '')} and kind = ${kind} and expires_at > now()`.execute(db);
  const [found] = rows;
  if (!found) throw over();
  const { accountId, sealed } = found;
  return { accountId, wanted: JSON.parse(unseal(sealKey, sealed, purpose(kind, accountId)).reveal()) };
}

/** In the transaction of what comes of it: of two answers to one challenge only one is taken. */
export async function finish(tx: Kysely<Tables>, secret: string): Promise<void> {
  const gone = await sql`delete from challenge where hash = ${hashOf(secret)}`.execute(tx);
  if (Number(gone.numAffectedRows) !== 1) throw over();
}

const over = (): Problem =>
  new Problem('unauthenticated', 'this took too long, or was finished already', { hint: 'Begin again.' });

const purpose = (kind: ChallengeKind, accountId: string | null): string => `challenge:${kind}:${accountId ?? ''}`;
