import { sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import { Problem } from '../model/problem.ts';
import { taken } from './client.ts';
import type { Asked, Handler, Reader } from './hub.ts';
import { byName, contains, listPage, live } from './list.ts';
import type { Subject } from './queue.ts';
import { resolve } from './resolve.ts';
import { one } from './rows.ts';
import { hasFactor, removeFactors } from './sign-in/factors.ts';
import { dropLinks, makeLink } from './sign-in/one-time-link.ts';
import { endSessions } from './sign-in/sessions.ts';
import { iso, isoOrNull } from './time.ts';

interface AccountRow extends Omit<Answer<'account get'>, 'createdAt' | 'invitedUntil'> {
  readonly createdAt: Date;
  readonly invitedUntil: Date | null;
}

const columns = sql`account.id, account.name, coalesce(account.title, account.name) as title, account.email,
  account.status, account.created_at,
  exists (select from password where password.account_id = account.id) as has_password,
  ${hasFactor} as second_factor, account.second_factor_required,
  (select max(expires_at) from one_time_link
   where one_time_link.account_id = account.id and used_at is null and expires_at > now()) as invited_until`;
const answer = (row: AccountRow): Answer<'account get'> => ({
  ...row,
  createdAt: iso(row.createdAt),
  invitedUntil: isoOrNull(row.invitedUntil),
});

async function accountById(db: Reader, id: string): Promise<Answer<'account get'>> {
  const { rows } = await sql<AccountRow>`select ${columns} from account where id = ${id}`.execute(db);
  return answer(one(rows, `there is no account ${id}`));
}

const list: Handler<'account list'> = async ({ query }, { tx }) => {
  const where = [live('account', query.status), contains(['account.name', 'account.title', 'account.email'], query.q)];
  const page = await listPage<AccountRow>(tx, { columns, from: sql`account`, where, keys: byName('account') }, query);
  return { ...page, items: page.items.map(answer) };
};

const get: Handler<'account get'> = async ({ params }, { tx }) =>
  accountById(tx, (await resolve(tx, 'account', params.name)).id);

const create: Handler<'account create'> = async ({ body }, asked) => {
  const { tx } = asked;
  const { rows } = await sql<{ id: string }>`
    insert into account (name, email, title) values (${body.name}, ${body.email ?? null}, ${body.title ?? null})
    on conflict do nothing returning id`.execute(tx);
  if (!rows[0]) throw taken('account', body.name);
  const { id } = rows[0];
  const invitation = body.invite ? await makeLink(asked, id, 'invitation') : null;
  return { ...(await accountById(tx, id)), invitation };
};

const invite: Handler<'account invite'> = async ({ params }, asked) => {
  const { id, name } = await enabled(asked.tx, params.name);
  if ((await accountById(asked.tx, id)).hasPassword)
    throw new Problem('wrong-status', `${name} has a password already`, {
      hint: `With aegir account reset-password ${name} its person chooses another.`,
    });
  return makeLink(asked, id, 'invitation');
};

const resetPassword: Handler<'account reset-password'> = async ({ params }, asked) =>
  makeLink(asked, (await enabled(asked.tx, params.name)).id, 'password');

const resetFactors: Handler<'account reset-factors'> = async ({ params }, { tx }) => {
  const { id, name } = await resolve(tx, 'account', params.name, { lock: true });
  await removeFactors(tx, id);
  await endSessions(tx, id);
  return { deleted: `the second factors of ${name}` };
};

async function enabled(tx: Asked['tx'], given: string): Promise<Subject> {
  const found = await resolve(tx, 'account', given, { lock: true });
  if (found.status === 'enabled') return found;
  throw new Problem('wrong-status', `account ${found.name} is ${found.status}`, {
    hint: `aegir account set ${found.name} --status enabled`,
  });
}

const set: Handler<'account set'> = async ({ params, body }, { tx }) => {
  const { id } = await resolve(tx, 'account', params.name, { lock: true });
  const changed = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
  if (Object.keys(changed).length > 0) await tx.updateTable('account').set(changed).where('id', '=', id).execute();
  if (body.status === 'locked') await shutOut(tx, id);
  return accountById(tx, id);
};

/** What is begun or handed out; a token only waits for its account to be unlocked. */
async function shutOut(tx: Asked['tx'], id: string): Promise<void> {
  await endSessions(tx, id);
  await dropLinks(tx, id);
}

const remove: Handler<'account delete'> = async ({ params }, { tx }) => {
  const { id, name } = await resolve(tx, 'account', params.name, { lock: true });
  await tx.updateTable('account').set({ status: 'deleted' }).where('id', '=', id).execute();
  await shutOut(tx, id);
  await removeFactors(tx, id);
  await sql`delete from password where account_id = ${id}`.execute(tx);
  await sql`update token set revoked_at = now() where account_id = ${id} and revoked_at is null`.execute(tx);
  return { deleted: name };
};

export const accountHandlers = {
  'account list': list,
  'account get': get,
  'account create': create,
  'account invite': invite,
  'account reset-password': resetPassword,
  'account reset-factors': resetFactors,
  'account set': set,
  'account delete': remove,
};
