import { sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import { namesShown } from '../model/names-shown.ts';
import { everything, isPermission, permissions } from '../model/permission.ts';
import { Problem } from '../model/problem.ts';
import { covers, refused } from './access.ts';
import { taken } from './client.ts';
import { tagged } from './etag.ts';
import type { Asked, Asking, Handler, Hub } from './hub.ts';
import { byName, contains, listPage } from './list.ts';
import { resolve } from './resolve.ts';
import { one } from './rows.ts';
import { iso } from './time.ts';
import { visible } from './visible.ts';

type RoleRow = Omit<Answer<'role get'>, 'etag' | 'createdAt'> & { readonly createdAt: Date };

const columns = sql`role.id, role.name, role.title, role.permissions, role.built_in,
  (select count(distinct account_id)::int from membership where membership.role_id = role.id) as accounts,
  role.status, role.created_at`;
const answer = (row: RoleRow): Answer<'role get'> => tagged('role', { ...row, createdAt: iso(row.createdAt) });

async function roleById({ tx }: Pick<Asking, 'tx'>, id: string): Promise<Answer<'role get'>> {
  const { rows } = await sql<RoleRow>`select ${columns} from role where id = ${id}`.execute(tx);
  return answer(one(rows, `there is no role ${id}`));
}

const listPermissions: Handler<'permission list'> = async (_, { hub }) => ({
  items: [
    ...Object.entries(permissions).map(([name, { of, about }]) => ({ name, about, of })),
    ...hub.catalog.taskTypes.map(({ name, noun, title }) => ({
      name,
      about: title,
      of: noun === 'server' || noun === 'platform' ? ('hub' as const) : ('client' as const),
    })),
  ],
});

const list: Handler<'role list'> = async ({ query }, { tx, caller }) => {
  const where = [
    visible('role', caller),
    sql`role.status <> 'deleted'`,
    contains(['role.name', 'role.title'], query.q),
  ];
  const page = await listPage<RoleRow>(tx, { columns, from: sql`role`, where, keys: byName('role') }, query);
  return { ...page, items: page.items.map(answer) };
};

const get: Handler<'role get'> = async ({ params }, asked) =>
  roleById(asked, (await resolve(asked, 'role', params.name)).id);

const create: Handler<'role create'> = async ({ body }, asked) => {
  const { name, title = name } = body;
  const wanted = checked(asked, body.permissions);
  const { rows } = await sql<{ id: string }>`
    insert into role (name, title, permissions) values (${name}, ${title}, ${wanted})
    on conflict do nothing returning id`.execute(asked.tx);
  if (!rows[0]) throw taken('role', name);
  return roleById(asked, rows[0].id);
};

const set: Handler<'role set'> = async ({ params, body }, asked) => {
  const { id, name } = await resolve(asked, 'role', params.name, { lock: true });
  const before = await roleById(asked, id);
  if (before.permissions.includes(everything))
    throw new Problem('wrong-status', `${name} may everything, and that stays`, { hint: 'Make another role.' });
  demandOwn(asked, before.permissions);
  const changed = {
    ...(body.title !== undefined && { title: body.title ?? name }),
    ...(body.permissions !== undefined && { permissions: checked(asked, body.permissions) }),
  };
  if (Object.keys(changed).length > 0) await asked.tx.updateTable('role').set(changed).where('id', '=', id).execute();
  return roleById(asked, id);
};

const remove: Handler<'role delete'> = async ({ params }, asked) => {
  const { id, name } = await resolve(asked, 'role', params.name, { lock: true });
  const { builtIn, accounts, ...before } = await roleById(asked, id);
  if (builtIn)
    throw new Problem('wrong-status', `${name} comes with Aegir, and stays`, {
      hint: 'Nobody has to have it; change what it may: aegir role set.',
    });
  demandOwn(asked, before.permissions);
  if (accounts > 0)
    throw new Problem('in-use', `${accounts} account${accounts === 1 ? ' has' : 's have'} the role ${name}`, {
      hint: `Take it away first: aegir membership list --role ${name}.`,
    });
  await asked.tx.updateTable('role').set({ status: 'deleted' }).where('id', '=', id).execute();
  return { deleted: name };
};

/** In the order of the table, each once. Throws Problem 'invalid' for one that is not known, 'forbidden' for one that one has not. */
function checked(asked: Asked, wanted: readonly string[]): readonly string[] {
  const known = knownPermissions(asked.hub, wanted, 'permissions');
  demandOwn(asked, wanted);
  return known;
}

/** Those of the table that are named, in its order. Throws Problem 'invalid' for one that is not known, in the field `path`. */
export function knownPermissions(hub: Pick<Hub, 'catalog'>, named: readonly string[], path: string): readonly string[] {
  const known = allPermissions(hub);
  const unknown = named.flatMap((name, at) =>
    known.includes(name) ? [] : [{ path: `${path}.${at}`, message: 'is not a permission' }],
  );
  if (unknown.length > 0)
    throw new Problem(
      'invalid',
      `there is no permission '${namesShown(named.filter((name) => !known.includes(name)))}'`,
      {
        hint: 'aegir permission list shows all.',
        fields: unknown,
      },
    );
  return known.filter((name) => named.includes(name));
}

const allPermissions = ({ catalog }: Pick<Hub, 'catalog'>): readonly string[] => [
  ...Object.keys(permissions).filter(isPermission),
  ...catalog.taskTypes.map(({ name }) => name),
];

/** It might be a role of one's own. */
function demandOwn({ caller }: Asked, wanted: readonly string[]): void {
  if (!covers(caller, { permissions: new Set(wanted), client: null }))
    throw refused(caller, 'make or change a role that may more than you', { client: null });
}

export const roleHandlers = {
  'permission list': listPermissions,
  'role list': list,
  'role get': get,
  'role create': create,
  'role set': set,
  'role delete': remove,
};
