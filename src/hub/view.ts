import { type RawBuilder, sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import { Problem } from '../model/problem.ts';
import type { Caller } from './access.ts';
import { accountOf, type Handler } from './hub.ts';
import { contains, equals, listPage } from './list.ts';
import { one } from './rows.ts';
import { iso } from './time.ts';

type View = Answer<'view create'>;
type ViewRow = Omit<View, 'createdAt'> & { readonly createdAt: Date };

const columns = sql`view.id, view.list, view.name, view.search, view.created_at`;
const answer = (row: ViewRow): View => ({ ...row, createdAt: iso(row.createdAt) });

/** Nobody sees or forgets those of another. */
const own = (caller: Caller): RawBuilder<unknown> => sql`view.account_id is not distinct from ${accountOf({ caller })}`;

const viewsMax = 200;

const list: Handler<'view list'> = async ({ query }, { tx, caller }) => {
  const where = [own(caller), equals('view.list', query.list), contains(['view.name'], query.q)];
  const keys = [
    { column: 'view.name', type: 'text' },
    { column: 'view.id', type: 'bigint' },
  ] as const;
  const page = await listPage<ViewRow>(tx, { columns, from: sql`view`, where, keys }, query);
  return { ...page, items: page.items.map(answer) };
};

/** One of the same name becomes this one. */
const create: Handler<'view create'> = async ({ body }, { tx, caller }) => {
  const { rows: counted } = await sql<{ count: number }>`
    select count(*)::int as count from view where ${own(caller)}`.execute(tx);
  if ((counted[0]?.count ?? 0) >= viewsMax)
    throw new Problem('conflict', `you have ${viewsMax} views already`, { hint: 'Forget some: aegir view delete.' });
  const { rows } = await sql<ViewRow>`
    insert into view (account_id, list, name, search)
    values (${accountOf({ caller })}, ${body.list}, ${body.name}, ${JSON.stringify(body.search)}::jsonb)
    on conflict (account_id, list, name) do update set search = excluded.search returning ${columns}`.execute(tx);
  return answer(one(rows, 'the view just kept'));
};

const remove: Handler<'view delete'> = async ({ params }, { tx, caller }) => {
  const { rows } = await sql<{ id: string }>`
    delete from view where id = ${params.view} and ${own(caller)} returning id`.execute(tx);
  return { deleted: one(rows, `there is no view ${params.view}`, 'aegir view list shows yours.').id };
};

export const viewHandlers = { 'view list': list, 'view create': create, 'view delete': remove };
