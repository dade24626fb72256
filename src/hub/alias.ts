import { type Kysely, sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import { Problem } from '../model/problem.ts';
import type { Asking, Handler } from './hub.ts';
import { contains, equals, listPage } from './list.ts';
import { resolve } from './resolve.ts';
import type { Tables } from './tables.ts';
import { visible } from './visible.ts';

export interface AliasRow {
  readonly siteId: string;
  readonly name: string;
  readonly kind: 'canonical' | 'alias' | 'redirect';
}

/** By site's id, in the order of their names; the canonical one is among them. */
export async function aliasesOf(
  db: Kysely<Tables>,
  sites: readonly string[],
): Promise<ReadonlyMap<string, readonly AliasRow[]>> {
  const { rows } = await sql<AliasRow>`
    select site_id, name, kind from alias
    where site_id = any (${[...sites]}::bigint[]) and kind <> 'reserved' order by name`.execute(db);
  return Map.groupBy(rows, ({ siteId }) => siteId);
}

/**
 * Makes these the site's names, all others of it are free again. The primary key of `alias` decides who has a name, so
 * two that ask at once cannot both get it. A name that is reserved for a task of the site itself is not free either. Throws
 * Problem 'conflict', which names the other site if the caller may see it, and nothing else of it.
 */
export async function writeAliases({ tx, caller }: Telling, siteId: string, names: Wanted): Promise<void> {
  const wanted = [...names.keys()].toSorted(); // In one order, so that two transactions cannot wait for each other.
  await sql`
    delete from alias where site_id = ${siteId} and kind <> 'reserved' and not (name = any (${wanted}::text[]))`.execute(
    tx,
  );
  const kinds = wanted.map((name) => names.get(name) ?? 'alias');
  const { rows } = await sql<{ name: string }>`
    insert into alias (name, site_id, kind)
    select wanted.name, ${siteId}, wanted.kind from unnest(${wanted}::text[], ${kinds}::text[]) as wanted (name, kind)
    on conflict (name) do update set kind = excluded.kind
    where alias.site_id = excluded.site_id and alias.kind <> 'reserved'
    returning name`.execute(tx);
  if (rows.length === wanted.length) return;
  const got = new Set(rows.map(({ name }) => name));
  throw await conflict({ tx, caller }, new Map([...names].filter(([name]) => !got.has(name))));
}

/** The plain answer for what is taken already; of two that ask at once, writeAliases() decides. */
export async function demandFree({ tx, caller }: Telling, names: Wanted): Promise<void> {
  const { rows } = await sql`select from alias where name = any (${[...names.keys()]}::text[]) limit 1`.execute(tx);
  if (rows.length > 0) throw await conflict({ tx, caller }, names);
}

/** Names that a site is to have, and as what each. */
type Wanted = ReadonlyMap<string, AliasRow['kind']>;

/** Who is told whose a name is. */
type Telling = Pick<Asking, 'tx' | 'caller'>;

/** Beside the field that it was given in. */
async function conflict({ tx, caller }: Telling, lost: Wanted): Promise<Problem> {
  const { rows } = await sql<{ name: string; site: string }>`
    select alias.name, case when ${visible('site', caller)} then site.name else 'of somebody else' end as site
    from alias join site on site.id = alias.site_id
    where alias.name = any (${[...lost.keys()]}::text[]) order by alias.name`.execute(tx);
  const [first] = rows;
  return new Problem(
    'conflict',
    `${first?.name ?? [...lost.keys()][0]} belongs to the site ${first?.site ?? 'of somebody else'}`,
    {
      hint: 'A host name belongs to one site: choose another, or take it from that site first.',
      fields: rows.map(({ name, site }) => ({
        path: lost.get(name) === 'canonical' ? 'name' : 'aliases',
        message: `${name} belongs to the site ${site}`,
      })),
    },
  );
}

const list: Handler<'alias list'> = async ({ query }, asked) => {
  const { tx, caller } = asked;
  const site = query.site === undefined ? undefined : await resolve(asked, 'site', query.site);
  const { items, ...page } = await listPage<Answer<'alias list'>['items'][number]>(
    tx,
    {
      columns: sql`alias.name, site.name as site, alias.kind`,
      from: sql`alias join site on site.id = alias.site_id`,
      where: [
        visible('site', caller),
        sql`alias.kind <> 'reserved'`,
        equals('alias.site_id', site?.id),
        equals('alias.kind', query.kind),
        contains(['alias.name'], query.q),
      ],
      keys: [{ column: 'alias.name', type: 'text' }],
    },
    query,
  );
  return { ...page, items: [...items] };
};

export const aliasHandlers = { 'alias list': list };
