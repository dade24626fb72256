import { sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import { taken } from './client.ts';
import type { Handler, Reader } from './hub.ts';
import { byName, contains, listPage, live, sorted } from './list.ts';
import { resolve } from './resolve.ts';
import { one } from './rows.ts';
import { iso } from './time.ts';

type AccountRow = Omit<Answer<'account get'>, 'createdAt'> & { readonly createdAt: Date };

const columns = sql`account.id, account.name, account.email, account.status, account.created_at`;
const answer = (row: AccountRow): Answer<'account get'> => ({ ...row, createdAt: iso(row.createdAt) });

async function accountById(db: Reader, id: string): Promise<Answer<'account get'>> {
  const { rows } = await sql<AccountRow>`select ${columns} from account where id = ${id}`.execute(db);
  return answer(one(rows, `there is no account ${id}`));
}

const sorts = {
  name: { column: 'account.name', type: 'text' },
  status: { column: 'account.status', type: 'text' },
  created: { column: 'account.created_at', type: 'timestamptz' },
} as const;

const list: Handler<'account list'> = async ({ query }, { tx }) => {
  const where = [live('account', query.status), contains(['account.name', 'account.email'], query.q)];
  const keys = sorted({ keys: byName('account') }, sorts, query.sort);
  const page = await listPage<AccountRow>(tx, { columns, from: sql`account`, where, ...keys }, query);
  return { ...page, items: page.items.map(answer) };
};

const get: Handler<'account get'> = async ({ params }, { tx }) =>
  accountById(tx, (await resolve(tx, 'account', params.name)).id);

const create: Handler<'account create'> = async ({ body }, { tx }) => {
  const { rows } = await sql<{ id: string }>`
    insert into account (name, email) values (${body.name}, ${body.email ?? null})
    on conflict do nothing returning id`.execute(tx);
  if (!rows[0]) throw taken('account', body.name);
  return accountById(tx, rows[0].id);
};

const set: Handler<'account set'> = async ({ params, body }, { tx }) => {
  const { id } = await resolve(tx, 'account', params.name, { lock: true });
  const { email, status } = body;
  const changed = { ...(email !== undefined && { email }), ...(status !== undefined && { status }) };
  if (Object.keys(changed).length > 0) await tx.updateTable('account').set(changed).where('id', '=', id).execute();
  return accountById(tx, id);
};

const remove: Handler<'account delete'> = async ({ params }, { tx }) => {
  const { id, name } = await resolve(tx, 'account', params.name, { lock: true });
  await tx.updateTable('account').set({ status: 'deleted' }).where('id', '=', id).execute();
  await sql`update token set revoked_at = now() where account_id = ${id} and revoked_at is null`.execute(tx);
  return { deleted: name };
};

export const accountHandlers = {
  'account list': list,
  'account get': get,
  'account create': create,
  'account set': set,
  'account delete': remove,
};
