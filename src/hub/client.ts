import { sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import { Problem } from '../model/problem.ts';
import { lockSites, unlockSites } from './client-lock.ts';
import { tagged } from './etag.ts';
import type { Asking, Handler } from './hub.ts';
import { byName, contains, listPage, live, sorted } from './list.ts';
import { membersOf } from './membership.ts';
import { usageOf } from './quota.ts';
import { resolve } from './resolve.ts';
import { one } from './rows.ts';
import { iso } from './time.ts';
import { visible } from './visible.ts';

type ClientRow = Omit<Answer<'client get'>, 'createdAt' | 'accounts' | 'usage'> & { readonly createdAt: Date };

const sites = sql`(select count(*)::int from site
  where site.client_id = client.id and site.status <> 'deleted' and site.copy_of is null)`;
const columns = sql`client.id, client.name, client.title, client.email, client.status, client.created_at,
  client.sites_max, client.backups_max, client.disk_max_mb, client.lock_batch_id as lock_batch,
  ${sites} as sites`;

async function answers(asking: Asking, rows: readonly ClientRow[]): Promise<Answer<'client get'>[]> {
  const ids = rows.map(({ id }) => id);
  const [members, usage] = [await membersOf(asking, ids), await usageOf(asking.tx, ids)];
  return rows.map((row) =>
    tagged('client', {
      ...row,
      accounts: (members.get(row.id) ?? []).map(({ account, role }) => ({ account, role })),
      usage: usage.get(row.id) ?? { sites: 0, backups: 0, bytes: 0 },
      createdAt: iso(row.createdAt),
    }),
  );
}

async function clientById(asking: Asking, id: string): Promise<Answer<'client get'>> {
  const { rows } = await sql<ClientRow>`select ${columns} from client where id = ${id}`.execute(asking.tx);
  return one(await answers(asking, rows), `there is no client ${id}`);
}

const sorts = {
  name: { column: 'client.name', type: 'text' },
  status: { column: 'client.status', type: 'text' },
  sites: { column: sites, type: 'bigint' },
  created: { column: 'client.created_at', type: 'timestamptz' },
} as const;

const list: Handler<'client list'> = async ({ query }, asked) => {
  const where = [
    visible('client', asked.caller),
    live('client', query.status),
    contains(['client.name', 'client.title', 'client.email'], query.q),
  ];
  const page = await listPage<ClientRow>(
    asked.tx,
    { columns, from: sql`client`, where, ...sorted({ keys: byName('client') }, sorts, query.sort) },
    query,
  );
  return { ...page, items: await answers(asked, page.items) };
};

const get: Handler<'client get'> = async ({ params }, asked) =>
  clientById(asked, (await resolve(asked, 'client', params.name)).id);

const create: Handler<'client create'> = async ({ body }, asked) => {
  const { rows } = await sql<{ id: string }>`
    insert into client (name, title, email, sites_max, backups_max, disk_max_mb)
    values (${body.name}, ${body.title ?? body.name}, ${body.email ?? null}, ${body.sitesMax ?? null},
            ${body.backupsMax ?? null}, ${body.diskMaxMb ?? null})
    on conflict do nothing returning id`.execute(asked.tx);
  if (!rows[0]) throw taken('client', body.name);
  return clientById(asked, rows[0].id);
};

const set: Handler<'client set'> = async ({ params, body }, asked) => {
  const { id, name, status: before } = await resolve(asked, 'client', params.name, { lock: true });
  const given = Object.entries(body).filter(([, value]) => value !== undefined);
  const changed = { ...Object.fromEntries(given), ...(body.title === null && { title: name }) };
  if (Object.keys(changed).length > 0) await asked.tx.updateTable('client').set(changed).where('id', '=', id).execute();
  if (body.status === 'locked' && before !== 'locked') await lockSites(asked, id, name);
  if (body.status === 'enabled' && before === 'locked') await unlockSites(asked, id, name);
  return clientById(asked, id);
};

const remove: Handler<'client delete'> = async ({ params }, asked) => {
  const { id, name } = await resolve(asked, 'client', params.name, { lock: true });
  const { sites } = await clientById(asked, id);
  if (sites > 0)
    throw new Problem('in-use', `client ${name} owns ${sites} site${sites === 1 ? '' : 's'}`, {
      hint: 'Give them to another client first: aegir site set <site> --client <client>.',
    });
  await asked.tx.updateTable('client').set({ status: 'deleted' }).where('id', '=', id).execute();
  await sql`delete from membership where client_id = ${id}`.execute(asked.tx);
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
