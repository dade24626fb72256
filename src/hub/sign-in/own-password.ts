import type { Kysely } from 'kysely';
import type { Answer } from '../../api/endpoints.ts';
import { Problem } from '../../model/problem.ts';
import type { Asked, Handler } from '../hub.ts';
import type { Tables } from '../tables.ts';
import { iso } from '../time.ts';
import { finish, look } from './challenge.ts';
import { confirmedUntil, sessionOf } from './confirmed.ts';
import { countGuess, forgetGuesses, guessOfSignedIn } from './guesses.ts';
import { placeOf, takePasskey } from './passkeys.ts';
import { passwordHash } from './password.ts';
import { checkPassword, demandUnlike, holdKnown, type Known, knownById, putPassword } from './password-rows.ts';
import { csrfOf, endSessions, renewSession } from './sessions.ts';

const confirm: Handler<'session confirm'> = async ({ body }, asked) => {
  const { id, accountId } = sessionOf(asked);
  const { visit, hub } = asked;
  const { db } = hub.database;
  if (body.password !== undefined) {
    const right = await own(db, accountId, body.password);
    await db.transaction().execute(async (tx) => {
      await holdKnown(tx, right);
      await renewSession(tx, visit, id);
    });
    return confirmed(asked);
  }
  const { attempt = '', passkey } = body;
  const { wanted } = await look(db, hub, 'passkey', attempt);
  const place = await placeOf(asked);
  await db.transaction().execute(async (tx) => {
    // One that knows its person itself, as there is no password.
    const taken = await takePasskey(tx, place, { challenge: String(wanted), accountId: null }, passkey as never);
    if (taken?.accountId !== accountId) throw notYours('passkey');
    await finish(tx, attempt);
    await renewSession(tx, visit, id);
  });
  return confirmed(asked);
};

const change: Handler<'password change'> = async ({ body }, asked) => {
  const { id, accountId } = sessionOf(asked);
  const { visit, hub } = asked;
  const { db } = hub.database;
  const right = await own(db, accountId, body.old);
  demandUnlike(body.new, right);
  const hash = await passwordHash(body.new);
  await db.transaction().execute(async (tx) => {
    await holdKnown(tx, right);
    await putPassword(tx, accountId, hash);
    await endSessions(tx, accountId, { but: id });
    await renewSession(tx, visit, id);
  });
  return confirmed(asked);
};

/** Who is signed in guesses for themselves only: nobody else's attempts make them wait. */
async function own(db: Kysely<Tables>, accountId: string, password: string): Promise<Known> {
  const guess = guessOfSignedIn(accountId);
  await countGuess(db, guess);
  const right = await checkPassword(db, await knownById(db, accountId), password);
  if (!right) throw notYours('password');
  await forgetGuesses(db, guess);
  return right;
}

const notYours = (what: 'password' | 'passkey'): Problem =>
  new Problem('invalid', `this is not your ${what}`, {
    hint: 'You are still signed in. Try again.',
    fields: [{ path: what, message: 'is not yours' }],
  });

const confirmed = ({ visit }: Pick<Asked, 'visit'>): Answer<'session confirm'> => ({
  csrf: csrfOf(visit.newSession ?? ''),
  confirmedUntil: iso(confirmedUntil(new Date())),
});

export const ownPasswordHandlers = { 'session confirm': confirm, 'password change': change };
