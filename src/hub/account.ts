import { sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import { Problem } from '../model/problem.ts';
import { demandAdministrator, demandOver } from './administrators.ts';
import { taken } from './client.ts';
import { tagged } from './etag.ts';
import type { Asking, Handler } from './hub.ts';
import { byName, contains, listPage, live, sorted } from './list.ts';
import { giveRole, rolesOf } from './membership.ts';
import { resolve } from './resolve.ts';
import { one } from './rows.ts';
import { removeAccess, shutOut } from './sign-in/account-access.ts';
import { factorIsRequired, hasFactor } from './sign-in/factors.ts';
import { makeLink } from './sign-in/one-time-link.ts';
import { iso, isoOrNull } from './time.ts';
import { visible } from './visible.ts';

interface AccountRow extends Omit<Answer<'account get'>, 'etag' | 'createdAt' | 'invitedUntil' | 'roles'> {
  readonly createdAt: Date;
  readonly invitedUntil: Date | null;
}

const columns = sql`account.id, account.name, coalesce(account.title, account.name) as title, account.email,
  account.status, account.created_at,
  exists (select from password where password.account_id = account.id) as has_password,
  ${hasFactor} as second_factor, ${factorIsRequired} as second_factor_required,
  (select max(expires_at) from one_time_link
   where one_time_link.account_id = account.id and used_at is null and expires_at > now()) as invited_until`;

async function answers(asking: Asking, rows: readonly AccountRow[]): Promise<Answer<'account get'>[]> {
  const roles = await rolesOf(
    asking,
    rows.map(({ id }) => id),
  );
  return rows.map((row) =>
    tagged('account', {
      ...row,
      roles: (roles.get(row.id) ?? []).map(({ role, client }) => ({ role, client })),
      createdAt: iso(row.createdAt),
      invitedUntil: isoOrNull(row.invitedUntil),
    }),
  );
}

async function accountById(asking: Asking, id: string): Promise<Answer<'account get'>> {
  const { rows } = await sql<AccountRow>`select ${columns} from account where id = ${id}`.execute(asking.tx);
  return one(await answers(asking, rows), `there is no account ${id}`);
}

const sorts = {
  name: { column: 'account.name', type: 'text' },
  status: { column: 'account.status', type: 'text' },
  created: { column: 'account.created_at', type: 'timestamptz' },
} as const;

const list: Handler<'account list'> = async ({ query }, asked) => {
  const where = [
    visible('account', asked.caller),
    live('account', query.status),
    contains(['account.name', 'account.title', 'account.email'], query.q),
  ];
  const all = { columns, from: sql`account`, where, ...sorted({ keys: byName('account') }, sorts, query.sort) };
  const page = await listPage<AccountRow>(asked.tx, all, query);
  return { ...page, items: await answers(asked, page.items) };
};

const get: Handler<'account get'> = async ({ params }, asked) =>
  accountById(asked, (await resolve(asked, 'account', params.name)).id);

const create: Handler<'account create'> = async ({ body }, asked) => {
  const { name, email = null, title = null, role, client, invite = false } = body;
  if (client !== undefined && role === undefined)
    throw new Problem('invalid', 'an account is not of a client, but has a role for it', {
      hint: 'Say which: --role client.',
      fields: [{ path: 'role', message: 'must be given with client' }],
    });
  const { rows } = await sql<{ id: string }>`
    insert into account (name, email, title) values (${name}, ${email}, ${title})
    on conflict do nothing returning id`.execute(asked.tx);
  if (!rows[0]) throw taken('account', name);
  const { id } = rows[0];
  if (role !== undefined) await giveRole(asked, { accountId: id, role, client });
  const invitation = invite ? await makeLink(asked, id, 'invitation') : null;
  return { ...(await accountById(asked, id)), invitation };
};

const set: Handler<'account set'> = async ({ params, body }, asked) => {
  const { id } = await resolve(asked, 'account', params.name, { lock: true });
  await demandOver(asked, id);
  const changed = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
  if (Object.keys(changed).length > 0)
    await demandAdministrator(asked, () => asked.tx.updateTable('account').set(changed).where('id', '=', id).execute());
  if (body.status === 'locked') await shutOut(asked.tx, id);
  return accountById(asked, id);
};

const remove: Handler<'account delete'> = async ({ params }, asked) => {
  const { id, name } = await resolve(asked, 'account', params.name, { lock: true });
  await demandOver(asked, id);
  await demandAdministrator(asked, async () => {
    await asked.tx.updateTable('account').set({ status: 'deleted' }).where('id', '=', id).execute();
    await sql`delete from membership where account_id = ${id}`.execute(asked.tx);
  });
  await removeAccess(asked.tx, id);
  return { deleted: name };
};

export const accountHandlers = {
  'account list': list,
  'account get': get,
  'account create': create,
  'account set': set,
  'account delete': remove,
};
