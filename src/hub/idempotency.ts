import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { Problem } from '../model/problem.ts';
import type { Caller } from './access.ts';
import { jsonb } from './database.ts';
import type { Tables } from './tables.ts';

export interface Repeated {
  readonly status: number;
  readonly answer: object;
}

/**
 * Takes the key for this transaction, or answers what the first request with it was answered. Who comes second while the
 * first still runs waits for it; if the first fails, its key is free again with the rest of its transaction.
 * Throws Problem 'conflict' for a key that was used for something else, 'invalid' for one that is no key.
 */
export async function takeKey(
  tx: Kysely<Tables>,
  caller: Caller,
  key: string,
  request: string,
): Promise<Repeated | null> {
  if (!/^[\x21-\x7e]{1,200}$/.test(key))
    throw new Problem('invalid', 'Idempotency-Key must be 1 to 200 visible ASCII characters', {
      hint: 'Use a random one, such as a UUID.',
    });
  await sql`delete from idempotency where created_at < now() - interval '1 day'`.execute(tx);
  const hash = createHash('sha256').update(request).digest();
  const taken = await sql`
    insert into idempotency (caller, key, request) values (${owner(caller)}, ${key}, ${hash})
    on conflict do nothing`.execute(tx);
  if (Number(taken.numAffectedRows) === 1) return null;
  const { rows } = await sql<{ request: Buffer; status: number; answer: object | null }>`
    select request, status, answer from idempotency where caller = ${owner(caller)} and key = ${key}`.execute(tx);
  const [first] = rows;
  if (!first?.request.equals(hash))
    throw new Problem('conflict', 'this Idempotency-Key was used for another request', {
      hint: 'Use a new key for each thing that is asked for.',
    });
  if (first.answer === null)
    throw new Problem('conflict', 'this was done already, and its answer was shown once', {
      hint: 'Ask for it again with a new key.',
    });
  return { status: first.status, answer: first.answer };
}

/** Keeps the answer with the key, in the transaction that did it; `answer` is null where it may not be kept. */
export async function keepAnswer(
  tx: Kysely<Tables>,
  caller: Caller,
  key: string,
  status: number,
  answer: object | null,
): Promise<void> {
  await sql`
    update idempotency set status = ${status}, answer = ${answer === null ? null : jsonb(answer)}::jsonb
    where caller = ${owner(caller)} and key = ${key}`.execute(tx);
}

const owner = (caller: Caller): string => (caller.kind === 'account' ? `account:${caller.accountId}` : caller.kind);
