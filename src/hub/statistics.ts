import { type Kysely, type RawBuilder, sql } from 'kysely';
import { figureNames } from '../api/endpoints/statistics.ts';
import type { Answer, Given } from '../api/endpoints.ts';
import type { Statistic } from '../model/statistic.ts';
import type { Asking, Handler, Reader } from './hub.ts';
import { listPage } from './list.ts';
import { requestsOn } from './requests.ts';
import { resolve } from './resolve.ts';
import { settingValue } from './setting.ts';
import type { Tables } from './tables.ts';
import { iso } from './time.ts';
import { visible } from './visible.ts';

/** In the transaction that ends the turn. */
export async function recordStatistic(
  tx: Kysely<Tables>,
  { site, at }: { readonly site: string; readonly at: Date },
  { usersRegistered, usersActive, posts, comments, diskBytes, databaseBytes }: Statistic,
): Promise<void> {
  await sql`
    insert into statistic (site_id, at, client_id, users_registered, users_active, posts, comments, disk_bytes, database_bytes)
    select id, ${at}, client_id, ${usersRegistered}, ${usersActive}, ${posts}, ${comments}, ${diskBytes}, ${databaseBytes}
    from site where id = ${site} on conflict do nothing`.execute(tx);
}

export async function forgetStatistics(db: Kysely<Tables>): Promise<void> {
  const days = await settingValue(db, 'statistic.retention-days');
  await sql`delete from statistic where at < now() - make_interval(days => ${days})`.execute(db);
  await sql`delete from request_count where day < (now() - make_interval(days => ${days}))::date`.execute(db);
}

type Filter = Pick<Given<'statistic list'>['query'], 'site' | 'client' | 'since'>;

/** Of the sites that one may see. */
async function conditions(asking: Asking, { site, client, since }: Filter): Promise<readonly RawBuilder<unknown>[]> {
  const idOf = async (noun: 'site' | 'client', name: string) => (await resolve(asking, noun, name)).id;
  return [
    visible('site', asking.caller),
    ...(site === undefined ? [] : [sql`statistic.site_id = ${await idOf('site', site)}`]),
    ...(client === undefined ? [] : [sql`statistic.client_id = ${await idOf('client', client)}`]),
    ...(since === undefined ? [] : [sql`statistic.at >= ${since}::timestamptz`]),
  ];
}

type Big = 'diskBytes' | 'databaseBytes';
/** As the database answers a bigint. */
type Bigs = { readonly [One in Big]: string } & { readonly requests: string | null };
type Row = Omit<Answer<'statistic list'>['items'][number], 'at' | keyof Bigs> & Bigs & { readonly at: Date };
const utcDay = sql`(statistic.at at time zone 'UTC')::date`;
const columns = sql`site.name as site, client.name as client, statistic.at, users_registered, users_active, posts, comments,
  disk_bytes, database_bytes, ${requestsOn(sql`statistic.site_id`, utcDay)} as requests`;
const from = sql`(select *, (extract(epoch from at) * 1000000)::bigint as moment from statistic) as statistic
  join site on site.id = statistic.site_id join client on client.id = statistic.client_id`;
const numbers = ({ diskBytes, databaseBytes, requests }: Bigs) => ({
  diskBytes: Number(diskBytes),
  databaseBytes: Number(databaseBytes),
  requests: requests === null ? null : Number(requests),
});
const shown = ({ at, ...row }: Row): Answer<'statistic list'>['items'][number] => ({
  ...row,
  ...numbers(row),
  at: iso(at),
});

const list: Handler<'statistic list'> = async ({ query }, asked) => {
  const page = await listPage<Row>(
    asked.tx,
    {
      ...{ columns, from, where: await conditions(asked, query), descending: true },
      keys: [
        { column: 'statistic.moment', type: 'bigint' },
        { column: 'statistic.site_id', type: 'bigint' },
      ],
    },
    query,
  );
  return { ...page, items: page.items.map(shown) };
};

type DayRow = Omit<Answer<'statistic days'>['items'][number], keyof Bigs> & Bigs;

/** Of each site the last of a day, so that one that is counted twice on it is not counted double. */
const days: Handler<'statistic days'> = async ({ query }, asked) => {
  const { tx } = asked;
  const where = await conditions(asked, query);
  const page = await listPage<DayRow>(
    tx,
    {
      columns: sql`day.*`,
      from: sql`(
        select day::text, count(*)::int as sites, sum(users_registered)::int as users_registered,
               sum(users_active)::int as users_active, sum(posts)::int as posts, sum(comments)::int as comments,
               sum(disk_bytes)::bigint as disk_bytes, sum(database_bytes)::bigint as database_bytes,
               sum(requests)::bigint as requests
        from (select distinct on ((statistic.at at time zone 'UTC')::date, statistic.site_id)
                     ${utcDay} as day, statistic.*,
                     ${requestsOn(sql`statistic.site_id`, utcDay)} as requests
              from statistic join site on site.id = statistic.site_id where ${sql.join(where, sql` and `)}
              order by (statistic.at at time zone 'UTC')::date, statistic.site_id, statistic.at desc) as last
        group by day) as day`,
      where: [],
      keys: [{ column: 'day.day', type: 'text' }],
      descending: true,
    },
    query,
  );
  return { ...page, items: page.items.map((row) => ({ ...row, ...numbers(row) })) };
};

/** Ten years of thirty sites, or a month of three thousand. */
const exportedMax = 100_000;
const heads = ['site', 'client', 'at', ...figureNames];

/** As RFC 4180 has it, the oldest first. More than 100,000 rows are cut off at the beginning. */
export async function statisticsCsv(asking: Asking<Reader>, query: Filter): Promise<string> {
  const { rows } = await sql<Row>`
    select ${columns} from ${from} where ${sql.join(await conditions(asking, query), sql` and `)}
    order by statistic.moment desc, statistic.site_id desc limit ${exportedMax}`.execute(asking.tx);
  const lines = rows.toReversed().map((row) => {
    const one: Readonly<Record<string, string | number | null>> = shown(row);
    return heads.map((head) => one[head]).join(',');
  });
  return [heads.join(','), ...lines, ''].join('\r\n');
}

export const statisticHandlers = { 'statistic list': list, 'statistic days': days };
