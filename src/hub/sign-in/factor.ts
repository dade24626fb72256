import { sql } from 'kysely';
import type { Answer } from '../../api/endpoints.ts';
import { Problem } from '../../model/problem.ts';
import type { Asked, Handler } from '../hub.ts';
import { one } from '../rows.ts';
import { iso, isoOrNull } from '../time.ts';
import { begin, finish, look } from './challenge.ts';
import { confirmedAccount, sessionOf } from './confirmed.ts';
import { factorsOf } from './factors.ts';
import { countGuess, forgetGuesses, guessOfSignedIn } from './guesses.ts';
import { checkNew, optionsForNew, placeOf, putPasskey } from './passkeys.ts';
import { newRecoveryCodes } from './recovery-codes.ts';
import { newTotp, putTotp, stepOf } from './totp.ts';

const list: Handler<'factor list'> = async (_, asked) => {
  const { accountId } = sessionOf(asked);
  const { totp, recoveryCodes, required } = await factorsOf(asked.tx, accountId);
  const { rows } = await sql<{ id: string; title: string; createdAt: Date; lastUsedAt: Date | null }>`
    select id, title, created_at, last_used_at from passkey where account_id = ${accountId} order by id limit 50`.execute(
    asked.tx,
  );
  const passkeys = rows.map((row) => ({
    ...row,
    createdAt: iso(row.createdAt),
    lastUsedAt: isoOrNull(row.lastUsedAt),
  }));
  return { totp: totp && { createdAt: iso(totp) }, passkeys, recoveryCodes, required };
};

/** A secret is not in force before its app has made a code of it: who mistypes it is not shut out. */
const beginTotp: Handler<'totp begin'> = async (_, asked) => {
  const accountId = confirmedAccount(asked);
  const { secret, uri } = newTotp((await personOf(asked, accountId)).name);
  return { attempt: await begin(asked.tx, asked.hub, 'new totp', { accountId, wanted: secret }), secret, uri };
};

/** Its own transaction, so that a wrong code stays counted. */
const createTotp: Handler<'totp create'> = async ({ body }, asked) => {
  const accountId = confirmedAccount(asked);
  const { hub } = asked;
  const { db } = hub.database;
  const guess = guessOfSignedIn(accountId);
  await countGuess(db, guess);
  const { wanted, accountId: of } = await look(db, hub, 'new totp', body.attempt);
  const secret = String(wanted);
  const step = stepOf(secret, body.code);
  if (step === null || of !== accountId)
    throw new Problem('invalid', 'this code is not of the secret that was shown', {
      hint: 'Type the six digits that the app shows now. Is the clock of the device right?',
      fields: [{ path: 'code', message: 'is not right' }],
    });
  const codes = await db.transaction().execute(async (tx) => {
    await finish(tx, body.attempt);
    const first = await isFirst(tx, accountId);
    await putTotp(tx, hub, accountId, { secret, step });
    return first ? await newRecoveryCodes(tx, accountId) : null;
  });
  await forgetGuesses(db, guess);
  return { recoveryCodes: codes && [...codes] };
};

const removeTotp: Handler<'totp delete'> = async (_, asked) => {
  const accountId = confirmedAccount(asked);
  const gone = await sql`delete from totp where account_id = ${accountId}`.execute(asked.tx);
  if (Number(gone.numAffectedRows) === 0) throw new Problem('not-found', 'there is no authenticator app');
  await forgetCodesWithoutFactor(asked, accountId);
  return { deleted: 'totp' };
};

const beginNewPasskey: Handler<'passkey begin'> = async (_, asked) => {
  const accountId = confirmedAccount(asked);
  const { tx, hub } = asked;
  const options = await optionsForNew(tx, await placeOf(asked), await personOf(asked, accountId));
  return {
    attempt: await begin(tx, hub, 'new passkey', { accountId, wanted: options.challenge }),
    options: { ...options },
  };
};

const createPasskey: Handler<'passkey create'> = async ({ body }, asked) => {
  const accountId = confirmedAccount(asked);
  const { tx, hub } = asked;
  const { wanted, accountId: of } = await look(tx, hub, 'new passkey', body.attempt);
  // The library checks all of it.
  const made = await checkNew(await placeOf(asked), String(wanted), body.passkey as never);
  if (!made || of !== accountId)
    throw new Problem('invalid', 'this is not the passkey that was asked for', {
      hint: 'Open the panel by the address in the setting hub.address: a passkey is good there only. Then try again.',
    });
  await finish(tx, body.attempt);
  const first = await isFirst(tx, accountId);
  const id = await putPasskey(tx, accountId, body.title, made);
  if (id === null)
    throw new Problem('conflict', 'this passkey is there already', { hint: 'Each authenticator needs one only.' });
  return { id, recoveryCodes: first ? [...(await newRecoveryCodes(tx, accountId))] : null };
};

const removePasskey: Handler<'passkey delete'> = async ({ params }, asked) => {
  const accountId = confirmedAccount(asked);
  const { rows } = await sql<{ id: string }>`
    delete from passkey where id = ${params.passkey} and account_id = ${accountId} returning id`.execute(asked.tx);
  const { id } = one(rows, `you have no passkey ${params.passkey}`);
  await forgetCodesWithoutFactor(asked, accountId);
  return { deleted: id };
};

const createCodes: Handler<'recovery-code create'> = async (_, asked) => {
  const accountId = confirmedAccount(asked);
  if (await isFirst(asked.tx, accountId))
    throw new Problem('wrong-status', 'recovery codes are for who has a second factor', {
      hint: 'Set up an authenticator app or a passkey first.',
    });
  return { recoveryCodes: [...(await newRecoveryCodes(asked.tx, accountId))] };
};

/** Whether there is no factor yet. Holds the account: of two first ones at once only one makes codes. */
async function isFirst(tx: Asked['tx'], accountId: string): Promise<boolean> {
  await sql`select from account where id = ${accountId} for no key update`.execute(tx);
  const { totp, passkeys } = await factorsOf(tx, accountId);
  return totp === null && passkeys === 0;
}

async function forgetCodesWithoutFactor({ tx }: Pick<Asked, 'tx'>, accountId: string): Promise<void> {
  if (await isFirst(tx, accountId)) await sql`delete from recovery_code where account_id = ${accountId}`.execute(tx);
}

async function personOf({ tx }: Pick<Asked, 'tx'>, id: string): Promise<Answer<'session get'>['account']> {
  const { rows } = await sql<Answer<'session get'>['account']>`
    select id, name, coalesce(title, name) as title, email from account where id = ${id}`.execute(tx);
  return one(rows, 'there is no such account');
}

export const factorHandlers = {
  'factor list': list,
  'totp begin': beginTotp,
  'totp create': createTotp,
  'totp delete': removeTotp,
  'passkey begin': beginNewPasskey,
  'passkey create': createPasskey,
  'passkey delete': removePasskey,
  'recovery-code create': createCodes,
};
