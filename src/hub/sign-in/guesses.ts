import { isIPv6 } from 'node:net';
import { type Kysely, sql } from 'kysely';
import { Problem } from '../../model/problem.ts';
import type { Tables } from '../tables.ts';

/** What somebody tries to guess, or from where: a key each, and how many are looked at before one has to wait. */
export interface Guess {
  readonly key: string;
  readonly freeMax: number;
}

const longestWaitS = 15 * 60;
const forgottenAfterS = 24 * 60 * 60;

/** Whether there is such an account is nothing to this. */
export const guessOfName = (name: string): Guess => ({ key: `name:${name.slice(0, 100)}`, freeMax: 5 });
/** Many may sit behind one address. Of IPv6 a person has a whole network. */
export const guessFrom = (address: string | null): Guess => ({
  key: `address:${address === null ? 'socket' : isIPv6(address) ? network64(address) : address}`,
  freeMax: 20,
});
/** Of who is signed in already: nobody else can make this one wait. */
export const guessOfSignedIn = (accountId: string): Guess => ({ key: `signed-in:${accountId}`, freeMax: 5 });

/** Who comes as far as this has the password. */
export const guessAtFactor = (accountId: string): Guess => ({ key: `factor:${accountId}`, freeMax: 5 });
/** Begun only, by whatever page is opened: there is nothing to guess. */
export const guessOfPasskeys = (address: string | null): Guess => ({
  key: `passkeys-${guessFrom(address).key}`,
  freeMax: 200,
});

/**
 * Counts a guess before it is looked at, so that many at once are no more than one after the other, on however many hubs.
 * Takes no transaction: it stays counted whatever becomes of the request. Throws Problem 'throttled', with when to come back.
 */
export async function countGuess(db: Kysely<Tables>, { key, freeMax }: Guess): Promise<void> {
  const failures = sql`case when guess.last_at < now() - make_interval(secs => ${forgottenAfterS}) then 1
    else guess.failures + 1 end`;
  // 1 s, 2 s, 4 s, … the exponent is kept small enough for a number.
  const waitS = sql`case when ${failures} <= ${freeMax} then 0
    else least(${longestWaitS}, power(2, least(${failures} - ${freeMax} - 1, 20))) end`;
  const counted = await sql`
    insert into guess (key, failures, until, last_at) values (${key}, 1, now(), now())
    on conflict (key) do update set failures = ${failures}, last_at = now(),
      until = now() + make_interval(secs => ${waitS})
    where guess.until <= now()`.execute(db);
  if (Number(counted.numAffectedRows) === 1) return;
  const { rows } = await sql<{ ms: number }>`
    select greatest(extract(epoch from until - now()) * 1000, 0)::int as ms from guess where key = ${key}`.execute(db);
  const retryAfterMs = Math.max(rows[0]?.ms ?? 0, 1000);
  throw new Problem('throttled', 'there were too many attempts', {
    hint: `Try again in ${Math.ceil(retryAfterMs / 1000)} s. Who is signed in already stays so.`,
    retryAfterMs,
  });
}

/** It was right: what it was about begins anew. */
export const forgetGuesses = (db: Kysely<Tables>, { key }: Guess): Promise<unknown> =>
  sql`delete from guess where key = ${key}`.execute(db);

/** It was right, but that says nothing of other guesses from there: only this one is taken back. */
export const takeBack = (db: Kysely<Tables>, { key }: Guess): Promise<unknown> =>
  sql`update guess set failures = greatest(failures - 1, 0) where key = ${key}`.execute(db);

/** The first half of it, in one spelling: '2001:db8:0:1::/64'. */
function network64(address: string): string {
  const [bare = ''] = address.split('%');
  // The URL parser has the one spelling of RFC 5952; what '::' stands for is then written out.
  const [left = '', right] = new URL(`http://[${bare}]`).hostname.slice(1, -1).split('::');
  const groups = left.split(':').filter((group) => group !== '');
  const after = (right ?? '').split(':').filter((group) => group !== '');
  while (right !== undefined && groups.length + after.length < 8) groups.push('0');
  return `${[...groups, ...after].slice(0, 4).join(':')}::/64`;
}
