import { sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import { Problem } from '../model/problem.ts';
import { demandAdministrator, demandOver } from './administrators.ts';
import { taken } from './client.ts';
import type { Asking, Handler } from './hub.ts';
import { byName, contains, listPage, live, sorted } from './list.ts';
import { giveRole, rolesOf } from './membership.ts';
import { resolve } from './resolve.ts';
import { one } from './rows.ts';
import { iso } from './time.ts';
import { visible } from './visible.ts';

type AccountRow = Omit<Answer<'account get'>, 'createdAt' | 'roles'> & { readonly createdAt: Date };

const columns = sql`account.id, account.name, account.email, account.status, account.created_at`;

async function answers(asking: Asking, rows: readonly AccountRow[]): Promise<Answer<'account get'>[]> {
  const roles = await rolesOf(
    asking,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => ({
    ...row,
    roles: (roles.get(row.id) ?? []).map(({ role, client }) => ({ role, client })),
    createdAt: iso(row.createdAt),
  }));
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
    contains(['account.name', 'account.email'], query.q),
  ];
  const all = { columns, from: sql`account`, where, ...sorted({ keys: byName('account') }, sorts, query.sort) };
  const page = await listPage<AccountRow>(asked.tx, all, query);
  return { ...page, items: await answers(asked, page.items) };
};

const get: Handler<'account get'> = async ({ params }, asked) =>
  accountById(asked, (await resolve(asked, 'account', params.name)).id);

const create: Handler<'account create'> = async ({ body }, asked) => {
  const { name, email = null, role, client } = body;
  if (client !== undefined && role === undefined)
    throw new Problem('invalid', 'an account is not of a client, but has a role for it', {
      hint: 'Say which: --role client.',
      fields: [{ path: 'role', message: 'must be given with client' }],
    });
  const { rows } = await sql<{ id: string }>`
    insert into account (name, email) values (${name}, ${email}) on conflict do nothing returning id`.execute(asked.tx);
  if (!rows[0]) throw taken('account', name);
  if (role !== undefined) await giveRole(asked, { accountId: rows[0].id, role, client });
  return accountById(asked, rows[0].id);
};

const set: Handler<'account set'> = async ({ params, body }, asked) => {
  const { id } = await resolve(asked, 'account', params.name, { lock: true });
  await demandOver(asked, id);
  const { email, status } = body;
  const changed = { ...(email !== undefined && { email }), ...(status !== undefined && { status }) };
  if (Object.keys(changed).length > 0)
    await demandAdministrator(asked, () => asked.tx.updateTable('account').set(changed).where('id', '=', id).execute());
  return accountById(asked, id);
};

const remove: Handler<'account delete'> = async ({ params }, asked) => {
  const { id, name } = await resolve(asked, 'account', params.name, { lock: true });
  await demandOver(asked, id);
  await demandAdministrator(asked, async () => {
    await asked.tx.updateTable('account').set({ status: 'deleted' }).where('id', '=', id).execute();
    await sql`delete from membership where account_id = ${id}`.execute(asked.tx);
  });
  await sql`update token set revoked_at = now() where account_id = ${id} and revoked_at is null`.execute(asked.tx);
  return { deleted: name };
};

export const accountHandlers = {
  'account list': list,
  'account get': get,
  'account create': create,
  'account set': set,
  'account delete': remove,
};
