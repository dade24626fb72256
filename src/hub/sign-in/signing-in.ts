import type { Answer } from '../../api/endpoints.ts';
import { Problem } from '../../model/problem.ts';
import type { Asked, Handler } from '../hub.ts';
import { begin, finish, look } from './challenge.ts';
import { factorsOf, waysOf } from './factors.ts';
import {
  countGuess,
  forgetGuesses,
  guessAtFactor,
  guessFrom,
  guessOfName,
  guessOfPasskeys,
  takeBack,
} from './guesses.ts';
import { optionsForSignIn, placeOf, takePasskey } from './passkeys.ts';
import { checkPassword, holdKnown, type Known, knownAs, wrongPassword } from './password-rows.ts';
import { takeRecoveryCode } from './recovery-codes.ts';
import { beginSession, type Way } from './sessions.ts';
import { takeTotp } from './totp.ts';
import { demandSafeWay } from './visit.ts';

const create: Handler<'session create'> = async ({ body }, asked) => {
  const { db } = asked.hub.database;
  demandSafeWay(asked.visit);
  const known = await knownAs(db, body.name);
  const from = guessFrom(asked.visit.address);
  const of = guessOfName(known?.name ?? body.name);
  await countGuess(db, from);
  await countGuess(db, of);
  const right = await checkPassword(db, known, body.password);
  if (!right) throw wrongPassword();
  const answer = await db.transaction().execute(async (tx) => {
    await holdKnown(tx, right);
    return enter({ ...asked, tx }, right, 'password');
  });
  await takeBack(db, from);
  await forgetGuesses(db, of);
  return answer;
};

type Entering = Pick<Asked, 'tx' | 'hub' | 'visit'>;

/** A password was right: in, or on to the second factor. The password must still be this one then. */
export async function enter(entering: Entering, { id, hash }: Known, way: Way): Promise<Answer<'session create'>> {
  const { tx, hub, visit } = entering;
  const ways = waysOf(await factorsOf(tx, id));
  const [next] = ways;
  if (next === undefined) {
    await beginSession(tx, visit, { accountId: id, way });
    return { next: null };
  }
  const passkey = ways.includes('passkey') ? await optionsForSignIn(tx, await placeOf(entering), id) : null;
  const wanted = { hash, challenge: passkey?.challenge ?? null };
  const attempt = await begin(tx, hub, 'second factor', { accountId: id, wanted });
  return { next, attempt, ways: [...ways], passkey: passkey && { ...passkey } };
}

/** What `enter` has begun, as it was sealed. */
interface Wanted {
  readonly hash: string;
  readonly challenge: string | null;
}

const secondFactor: Handler<'session second-factor'> = async ({ body }, asked) => {
  const { hub, visit } = asked;
  const { db } = hub.database;
  demandSafeWay(visit);
  const { accountId, wanted } = await look(db, hub, 'second factor', body.attempt);
  if (accountId === null) throw wrongFactor();
  const { hash, challenge } = wanted as unknown as Wanted; // our own, sealed
  const guess = guessAtFactor(accountId);
  await countGuess(db, guess);
  const place = await placeOf(asked);
  await db.transaction().execute(async (tx) => {
    await holdKnown(tx, { id: accountId, hash });
    const way = await taken({ ...asked, tx }, body, { accountId, challenge, origin: place.origin });
    if (!way) throw wrongFactor();
    await finish(tx, body.attempt);
    await beginSession(tx, visit, { accountId, way });
  });
  await forgetGuesses(db, guess);
  return { next: null };
};

type Shown = Parameters<typeof secondFactor>[0]['body'];

async function taken(
  { tx, hub }: Entering,
  { code, recoveryCode, passkey }: Shown,
  { accountId, challenge, origin }: { accountId: string; challenge: string | null; origin: string },
): Promise<Way | null> {
  if (code !== undefined) return (await takeTotp(tx, hub, accountId, code)) ? 'password and code' : null;
  if (recoveryCode !== undefined)
    return (await takeRecoveryCode(tx, accountId, recoveryCode)) ? 'password and recovery code' : null;
  if (passkey === undefined || challenge === null) return null;
  // The library checks all of it.
  const found = await takePasskey(tx, { origin }, { challenge, accountId }, passkey as never);
  return found && 'password and passkey';
}

const wrongFactor = (): Problem =>
  new Problem('unauthenticated', 'this was not right', {
    hint: 'A code is good once and for half a minute: is the clock of your device right? Each recovery code is good once.',
  });

const beginPasskey: Handler<'session passkey-begin'> = async (_, asked) => {
  const { hub, visit } = asked;
  const { db } = hub.database;
  await countGuess(db, guessOfPasskeys(visit.address));
  const options = await optionsForSignIn(db, await placeOf(asked), null);
  return {
    attempt: await begin(db, hub, 'passkey', { accountId: null, wanted: options.challenge }),
    options: { ...options },
  };
};

/** Alone it is two factors: one has it, and it has verified its person. */
const byPasskey: Handler<'session passkey'> = async ({ body }, asked) => {
  const { hub, visit } = asked;
  const { db } = hub.database;
  demandSafeWay(visit);
  const from = guessFrom(visit.address);
  await countGuess(db, from);
  const { wanted } = await look(db, hub, 'passkey', body.attempt);
  const place = await placeOf(asked);
  await db.transaction().execute(async (tx) => {
    const found = await takePasskey(tx, place, { challenge: String(wanted), accountId: null }, body.passkey as never);
    if (!found)
      throw new Problem('unauthenticated', 'this passkey is not known here, or did not verify you', {
        hint: 'Sign in with name and password. A passkey that asks for no PIN, finger or face is good after the password.',
      });
    await finish(tx, body.attempt);
    await beginSession(tx, visit, { accountId: found.accountId, way: 'passkey' });
  });
  await takeBack(db, from);
  return { next: null };
};

export const signingInHandlers = {
  'session create': create,
  'session second-factor': secondFactor,
  'session passkey-begin': beginPasskey,
  'session passkey': byPasskey,
};
