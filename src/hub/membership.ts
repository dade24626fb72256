import { type RawBuilder, sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import { Problem } from '../model/problem.ts';
import { covers, mayDo, type Owned, refused } from './access.ts';
import { demandAdministrator } from './administrators.ts';
import type { Asking, Handler, Reader } from './hub.ts';
import { contains, equals, listPage } from './list.ts';
import { resolve } from './resolve.ts';
import { one } from './rows.ts';
import { dropLinksOfOthers } from './sign-in/one-time-link.ts';
import { iso } from './time.ts';
import { visible } from './visible.ts';

interface MembershipRow extends Omit<Answer<'membership create'>, 'createdAt'> {
  readonly accountId: string;
  readonly clientId: string | null;
  readonly permissions: readonly string[];
  readonly createdAt: Date;
}
const columns = sql`membership.id, account.name as account, role.name as role, client.name as client,
  membership.account_id, membership.client_id, role.permissions, membership.created_at`;
const from = sql`membership join account on account.id = membership.account_id join role on role.id = membership.role_id
  left join client on client.id = membership.client_id`;

const answer = ({ id, account, role, client, createdAt }: MembershipRow): Answer<'membership create'> => ({
  ...{ id, account, role, client },
  createdAt: iso(createdAt),
});

/** By client's id: who has which role for it, as far as one may see. */
export const membersOf = ({ tx, caller }: Asking, clients: readonly string[]) =>
  select(tx, sql`membership.client_id = any (${[...clients]}::bigint[]) and ${visible('membership', caller)}`).then(
    (rows) => Map.groupBy(rows, ({ clientId }) => clientId ?? ''),
  );

/** By account's id: its roles, as far as one may see. */
export const rolesOf = ({ tx, caller }: Asking, accounts: readonly string[]) =>
  select(tx, sql`membership.account_id = any (${[...accounts]}::bigint[]) and ${visible('membership', caller)}`).then(
    (rows) => Map.groupBy(rows, ({ accountId }) => accountId),
  );

async function select(tx: Reader, where: RawBuilder<unknown>): Promise<readonly MembershipRow[]> {
  const { rows } = await sql<MembershipRow>`
    select ${columns} from ${from} where ${where} order by account.name, role.name, client.name nulls first`.execute(
    tx,
  );
  return rows;
}

const list: Handler<'membership list'> = async ({ query }, asked) => {
  const { tx, caller } = asked;
  const idOf = async (noun: 'account' | 'role' | 'client', name: string | undefined) =>
    name === undefined ? undefined : (await resolve(asked, noun, name)).id;
  const where = [
    visible('membership', caller),
    equals('membership.account_id', await idOf('account', query.account)),
    equals('membership.role_id', await idOf('role', query.role)),
    equals('membership.client_id', await idOf('client', query.client)),
    contains(['account.name', 'role.name', 'client.name'], query.q),
  ];
  const keys = [
    { column: 'account.name', type: 'text' },
    { column: 'membership.id', type: 'bigint' },
  ] as const;
  const page = await listPage<MembershipRow>(tx, { columns, from, where, keys }, query);
  return { ...page, items: page.items.map(answer) };
};

interface Given {
  readonly accountId: string;
  readonly role: string;
  readonly client: string | undefined;
}

/** Throws Problem 'forbidden' for a role that may more than who gives it, 'conflict' for one that it has already. */
export async function giveRole(asking: Asking, { accountId, role: named, client }: Given): Promise<string> {
  const { tx } = asking;
  const role = await resolve(asking, 'role', named, { lock: true });
  const clientId = client === undefined ? null : (await resolve(asking, 'client', client, { lock: true })).id;
  const { rows } = await sql<{ permissions: readonly string[] }>`
    select permissions from role where id = ${role.id}`.execute(tx);
  demandGivable(asking, one(rows, `there is no role '${named}'`).permissions, { client: clientId });
  const { rows: made } = await sql<{ id: string }>`
    insert into membership (account_id, role_id, client_id) values (${accountId}, ${role.id}, ${clientId})
    on conflict do nothing returning id`.execute(tx);
  if (made[0]) {
    await dropLinksOfOthers(asking, accountId);
    return made[0].id;
  }
  throw new Problem('conflict', `the account has the role ${role.name} there already`, {
    hint: 'aegir membership list shows who has which.',
  });
}

function demandGivable({ caller }: Asking, permissions: readonly string[], owned: Owned): void {
  if (!covers(caller, { permissions: new Set(permissions), ...owned }))
    throw refused(caller, 'give or take away a role that may more than you', owned);
}

const create: Handler<'membership create'> = async ({ body }, asked) => {
  const { tx, caller } = asked;
  const { id: accountId } = await resolve(asked, 'account', body.account, { lock: true });
  if (body.client === undefined && !mayDo(caller, 'membership change', { client: null }))
    throw refused(caller, 'give a role for the whole hub', { client: null });
  const id = await giveRole(asked, { accountId, role: body.role, client: body.client });
  return answer(one(await select(tx, sql`membership.id = ${id}`), `there is no membership ${id}`));
};

const remove: Handler<'membership delete'> = async ({ params }, asked) => {
  const { tx, caller } = asked;
  const rows = await select(tx, sql`membership.id = ${params.membership} and ${visible('membership', caller)}`);
  const found = one(rows, `there is no membership ${params.membership}`, 'aegir membership list shows what there is.');
  const owned = { client: found.clientId };
  asked.met.push({ noun: 'membership', id: found.id, name: `${found.account} ${found.role}`, ...owned });
  if (!mayDo(caller, 'membership change', owned)) throw refused(caller, 'take this role away', owned);
  demandGivable(asked, found.permissions, owned);
  await demandAdministrator(asked, () => sql`delete from membership where id = ${found.id}`.execute(tx));
  return { deleted: found.id };
};

export const membershipHandlers = {
  'membership list': list,
  'membership create': create,
  'membership delete': remove,
};
