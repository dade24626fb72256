import { sql } from 'kysely';
import { Problem } from '../../model/problem.ts';
import { demandOver } from '../administrators.ts';
import type { Asked, Handler } from '../hub.ts';
import { resolve } from '../resolve.ts';
import { demandConfirmed } from './confirmed.ts';
import { removeFactors } from './factors.ts';
import { dropLinks, makeLink } from './one-time-link.ts';
import { endSessions } from './sessions.ts';

const invite: Handler<'account invite'> = async ({ params }, asked) => {
  const { id, name } = await enabled(asked, params.name);
  const { rows } = await sql`select from password where account_id = ${id}`.execute(asked.tx);
  if (rows.length > 0)
    throw new Problem('wrong-status', `${name} has a password already`, {
      hint: `With aegir account reset-password ${name} its person chooses another.`,
    });
  return makeLink(asked, id, 'invitation');
};

const resetPassword: Handler<'account reset-password'> = async ({ params }, asked) =>
  makeLink(asked, (await enabled(asked, params.name)).id, 'password');

const resetFactors: Handler<'account reset-factors'> = async ({ params }, asked) => {
  demandConfirmed(asked);
  const { id, name } = await resolve(asked, 'account', params.name, { lock: true });
  await demandOverOther(asked, id);
  await removeFactors(asked.tx, id);
  await endSessions(asked.tx, id);
  return { deleted: `the second factors of ${name}` };
};

async function enabled(asked: Asked, given: string): ReturnType<typeof resolve> {
  const found = await resolve(asked, 'account', given, { lock: true });
  await demandOverOther(asked, found.id);
  if (found.status === 'enabled') return found;
  throw new Problem('wrong-status', `account ${found.name} is ${found.status}`, {
    hint: `aegir account set ${found.name} --status enabled`,
  });
}

/** One's own ways in are changed by showing who one is: by whom a browser or a token was found is not known here. */
async function demandOverOther(asked: Asked, accountId: string): Promise<void> {
  if (asked.caller.kind === 'account' && asked.caller.accountId === accountId)
    throw new Problem('forbidden', 'this is your own account', {
      hint: 'Change your password and second factors on your page of the panel. If you have lost them, ask another administrator.',
    });
  await demandOver(asked, accountId);
}

/** What is begun or handed out ends; a token only waits for its account to be unlocked. */
export async function shutOut(tx: Asked['tx'], accountId: string): Promise<void> {
  await endSessions(tx, accountId);
  await dropLinks(tx, accountId);
}

/** All that one could come in with, of an account that is deleted. */
export async function removeAccess(tx: Asked['tx'], accountId: string): Promise<void> {
  await shutOut(tx, accountId);
  await removeFactors(tx, accountId);
  for (const table of ['password', 'identity', 'notification', 'webhook', 'notification_choice'])
    await sql`delete from ${sql.table(table)} where account_id = ${accountId}`.execute(tx);
  await sql`update token set revoked_at = now() where account_id = ${accountId} and revoked_at is null`.execute(tx);
}

export const accountAccessHandlers = {
  'account invite': invite,
  'account reset-password': resetPassword,
  'account reset-factors': resetFactors,
};
