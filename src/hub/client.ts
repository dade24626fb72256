import { sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import { Problem } from '../model/problem.ts';
import type { Handler, Reader } from './hub.ts';
import { byName, contains, listPage, live, sorted } from './list.ts';
import { resolve } from './resolve.ts';
import { one } from './rows.ts';
import { iso } from './time.ts';

type ClientRow = Omit<Answer<'client get'>, 'createdAt'> & { readonly createdAt: Date };

const sites = sql`(select count(*)::int from site
  where site.client_id = client.id and site.status <> 'deleted' and site.copy_of is null)`;
const columns = sql`client.id, client.name, client.title, client.email, client.status, client.created_at, ${sites} as sites`;
const answer = (row: ClientRow): Answer<'client get'> => ({ ...row, createdAt: iso(row.createdAt) });

async function clientById(db: Reader, id: string): Promise<Answer<'client get'>> {
  const { rows } = await sql<ClientRow>`select ${columns} from client where id = ${id}`.execute(db);
  return answer(one(rows, `there is no client ${id}`));
}

const sorts = {
  name: { column: 'client.name', type: 'text' },
  status: { column: 'client.status', type: 'text' },
  sites: { column: sites, type: 'bigint' },
  created: { column: 'client.created_at', type: 'timestamptz' },
} as const;

const list: Handler<'client list'> = async ({ query }, { tx }) => {
  const where = [live('client', query.status), contains(['client.name', 'client.title', 'client.email'], query.q)];
  const keys = sorted({ keys: byName('client') }, sorts, query.sort);
  const page = await listPage<ClientRow>(tx, { columns, from: sql`client`, where, ...keys }, query);
  return { ...page, items: page.items.map(answer) };
};

const get: Handler<'client get'> = async ({ params }, { tx }) =>
  clientById(tx, (await resolve(tx, 'client', params.name)).id);

const create: Handler<'client create'> = async ({ body }, { tx }) => {
  const { rows } = await sql<{ id: string }>`
    insert into client (name, title, email) values (${body.name}, ${body.title ?? body.name}, ${body.email ?? null})
    on conflict do nothing returning id`.execute(tx);
  if (!rows[0]) throw taken('client', body.name);
  return clientById(tx, rows[0].id);
};

const set: Handler<'client set'> = async ({ params, body }, { tx }) => {
  const { id, name } = await resolve(tx, 'client', params.name, { lock: true });
  const { title, email, status } = body;
  const change = { ...(title !== undefined && { title: title ?? name }), ...(email !== undefined && { email }) };
  const changed = { ...change, ...(status !== undefined && { status }) };
  if (Object.keys(changed).length > 0) await tx.updateTable('client').set(changed).where('id', '=', id).execute();
  return clientById(tx, id);
};

const remove: Handler<'client delete'> = async ({ params }, { tx }) => {
  const { id, name } = await resolve(tx, 'client', params.name, { lock: true });
  const { sites } = await clientById(tx, id);
  if (sites > 0)
    throw new Problem('in-use', `client ${name} owns ${sites} site${sites === 1 ? '' : 's'}`, {
      hint: 'Give them to another client first: aegir site set <site> --client <client>.',
    });
  await tx.updateTable('client').set({ status: 'deleted' }).where('id', '=', id).execute();
  return { deleted: name };
};

export const taken = (noun: string, name: string): Problem =>
  new Problem('conflict', `there is a ${noun} named ${name} already`, {
    hint: `Choose another name, or change the one that is there: aegir ${noun} set ${name}.`,
  });

export const clientHandlers = {
  'client list': list,
  'client get': get,
  'client create': create,
  'client set': set,
  'client delete': remove,
};
