import { type RawBuilder, sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import type { Json } from '../model/json.ts';
import { Problem } from '../model/problem.ts';
import { type AliasRow, aliasesOf } from './alias.ts';
import { driftedSince, isDrifted } from './drift.ts';
import { tagged } from './etag.ts';
import type { Asked, Asking, Handler, Reader } from './hub.ts';
import { byName, contains, equals, listPage, live, maybeTime, sorted } from './list.ts';
import { outstanding, possibleTasks } from './possible.ts';
import { contextOf, resolve } from './resolve.ts';
import { one } from './rows.ts';
import { unseal } from './seal.ts';
import type { Options } from './service-options.ts';
import { taskSecret } from './site-secrets.ts';
import { turnsOfSites } from './site-turns.ts';
import { urlOf } from './site-url.ts';
import { iso, isoOrNull } from './time.ts';
import { ofClients, visible } from './visible.ts';

interface SiteRow {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly title: string;
  readonly client: string;
  readonly clientId: string;
  readonly isLocked: boolean;
  readonly platform: string;
  readonly server: string;
  readonly httpOptions: Options;
  readonly dbServer: string;
  readonly dbEngine: string;
  readonly dns: string | null;
  readonly dnsTtl: number | null;
  readonly dbName: string;
  readonly dbUser: string;
  readonly directory: string;
  readonly profile: string;
  readonly language: string;
  readonly email: string;
  readonly redirection: string | null;
  readonly certificate: string | null;
  readonly tls: string;
  readonly hsts: number | null;
  readonly certificatePath: string | null;
  readonly keyPath: string | null;
  readonly runUser: string;
  readonly data: { readonly [plugin: string]: Json };
  readonly driftedSince: Date | null;
  readonly verifiedAt: Date | null;
  readonly createdAt: Date;
}
const columns = sql`site.id, site.name, site.status, site.title, client.name as client, site.client_id, client.status = 'locked' as is_locked,
  platform.name as platform,
  server.name as server, http.options as http_options, db_server.name as db_server, db.engine as db_engine,
  dns_server.name as dns, site.dns_ttl_s as dns_ttl,
  site.db_name, site.db_user, site.directory, site.profile, site.language, site.email, site.redirection, site.tls, site.hsts_s as hsts,
  certificate.name as certificate, site.certificate_path, site.key_path, site.run_user, site.data, ${driftedSince('site')} as drifted_since, site.verified_at, site.created_at`;
const from = sql`site join client on client.id = site.client_id join platform on platform.id = site.platform_id
  join server on server.id = platform.server_id join service http on http.id = platform.http_service_id
  join service db on db.id = site.db_service_id join server db_server on db_server.id = db.server_id
  left join certificate on certificate.id = site.certificate_id
  left join service dns on dns.id = site.dns_service_id left join server dns_server on dns_server.id = dns.server_id`;

async function answers(
  asked: Pick<Asked<Reader>, 'tx' | 'hub' | 'caller'>,
  rows: readonly SiteRow[],
): Promise<Answer<'site get'>[]> {
  const { tx } = asked;
  const ids = rows.map(({ id }) => id);
  const [aliases, tasks] = [await aliasesOf(tx, ids), await outstanding(tx, 'site', ids)];
  const turns = await turnsOfSites(tx, ids);
  return rows.map(({ clientId: client, isLocked, httpOptions, dbServer, dbEngine, dbName, dbUser, ...row }) =>
    tagged('site', {
      ...row,
      context: contextOf('site', row.name),
      url: urlOf(row, httpOptions),
      database: { server: dbServer, engine: dbEngine, name: dbName, user: dbUser },
      aliases: (aliases.get(row.id) ?? []).filter(({ kind }) => kind !== 'canonical').map(shown),
      ...turns(row.id),
      driftedSince: isoOrNull(row.driftedSince),
      verifiedAt: isoOrNull(row.verifiedAt),
      createdAt: iso(row.createdAt),
      tasks: possibleTasks(asked, 'site', { status: row.status, client, isLocked }, tasks.get(row.id)),
    }),
  );
}
const shown = ({ name, kind }: AliasRow): { name: string; redirect: boolean } => ({
  name,
  redirect: kind === 'redirect',
});

/** As the API answers it, of one that the caller has just found or made. */
export async function siteById(
  asked: Pick<Asked<Reader>, 'tx' | 'hub' | 'caller'>,
  id: string,
): Promise<Answer<'site get'>> {
  const { rows } = await sql<SiteRow>`select ${columns} from ${from} where site.id = ${id}`.execute(asked.tx);
  return one(await answers(asked, rows), `there is no site ${id}`);
}

/** In names, aliases and titles. */
function lookedFor(q: string | undefined): RawBuilder<unknown> | null {
  const own = contains(['site.name', 'site.title'], q);
  const names = sql`select alias.site_id from alias where alias.kind <> 'reserved' and ${contains(['alias.name'], q)}`;
  return own && sql`(${own} or site.id in (${names}))`;
}

/** What a list of sites may be narrowed by. */
export interface SiteFilter {
  readonly status?: string | readonly string[] | undefined;
  readonly platform?: string | undefined;
  readonly client?: string | undefined;
  readonly server?: string | undefined;
  /** Where its database is. */
  readonly dbServer?: string | undefined;
  readonly profile?: string | undefined;
  readonly drifted?: 'true' | 'false' | undefined;
  readonly q?: string | undefined;
}

/** Throws Problem 'not-found' for a platform, client or server that is not there. */
async function conditions(asking: Asking, query: SiteFilter): Promise<readonly (RawBuilder<unknown> | null)[]> {
  const idOf = async (noun: 'platform' | 'client' | 'server', name: string | undefined) =>
    name === undefined ? undefined : (await resolve(asking, noun, name)).id;
  return [
    visible('site', asking.caller),
    sql`site.copy_of is null`,
    live('site', query.status),
    equals('site.platform_id', await idOf('platform', query.platform)),
    equals('site.client_id', await idOf('client', query.client)),
    equals('platform.server_id', await idOf('server', query.server)),
    equals('db.server_id', await idOf('server', query.dbServer)),
    equals('site.profile', query.profile),
    isDrifted('site', query.drifted),
    lookedFor(query.q),
  ];
}

/** Id and name of all that such a list shows and the caller may have this task done to, in its order; not a page of them. */
export async function sitesMatching(
  asking: Asking,
  filter: SiteFilter,
  task: string,
): Promise<readonly { readonly id: string; readonly name: string }[]> {
  const { tx, caller } = asking;
  const all = [
    ...(await conditions(asking, filter)).filter((condition) => condition !== null),
    ofClients(caller, task, sql`site.client_id`),
  ];
  const { rows } = await sql<{ id: string; name: string }>`
    select site.id, site.name from ${from} where ${sql.join(all, sql` and `)} order by site.name, site.id`.execute(tx);
  return rows;
}

const sorts = {
  name: { column: 'site.name', type: 'text' },
  status: { column: 'site.status', type: 'text' },
  platform: { column: 'platform.name', type: 'text' },
  client: { column: 'client.name', type: 'text' },
  profile: { column: 'site.profile', type: 'text' },
  verified: maybeTime('site.verified_at'),
  created: { column: 'site.created_at', type: 'timestamptz' },
} as const;

const list: Handler<'site list'> = async ({ query }, asked) => {
  const where = await conditions(asked, query);
  const keys = sorted({ keys: byName('site') }, sorts, query.sort);
  const page = await listPage<SiteRow>(asked.tx, { columns, from, where, ...keys }, query);
  return { ...page, items: await answers(asked, page.items) };
};

const get: Handler<'site get'> = async ({ params }, asked) =>
  siteById(asked, (await resolve(asked, 'site', params.name)).id);

const loginLink: Handler<'site login-link'> = async ({ params, query }, asked) => {
  const { tx, hub } = asked;
  const { id, name } = await resolve(asked, 'site', params.name);
  const { rows } = await sql<{ id: string; sealed: Buffer; createdAt: Date }>`
    select task.id, task_secret.sealed, task_secret.created_at
    from task_secret join task on task.id = task_secret.task_id
    where task.subject_type = 'site' and task.subject_id = ${id} and task_secret.name = 'loginLink'
      and task_secret.created_at > now() - interval '1 day' and (${query.task ?? null}::bigint is null or task.id = ${query.task ?? null}::bigint)
    order by task_secret.created_at desc, task.id desc limit 1`.execute(tx);
  const [found] = rows;
  if (!found)
    throw new Problem('not-found', `there is no login link for ${name}`, {
      hint: `Links are kept for a day. Make a new one: aegir site login ${name}.`,
    });
  const link = unseal(hub.sealKey, found.sealed, taskSecret(found.id, 'loginLink')).reveal();
  return { link, task: found.id, createdAt: iso(found.createdAt) };
};

const discard: Handler<'site discard'> = async ({ params }, asked) => {
  const { tx } = asked;
  const { id, name } = await resolve(asked, 'site', params.name, { lock: true });
  const { rows } = await sql<{ id: string; name: string }>`
    select id, name from task where subject_type = 'site' and subject_id = ${id}
      and (not dry_run or status in ('queued', 'running', 'stuck')) order by id limit 1`.execute(tx);
  if (rows[0])
    throw new Problem(
      'wrong-status',
      `${name} is more than a plan: task ${rows[0].id} (${rows[0].name}) was asked for`,
      {
        hint: `Delete it and what it has on its server: aegir site delete ${name}.`,
      },
    );
  await sql`delete from alias where site_id = ${id}`.execute(tx);
  await sql`update site set status = 'deleted', deleted_at = now() where id = ${id}`.execute(tx);
  return { deleted: name };
};

export const siteHandlers = {
  'site list': list,
  'site get': get,
  'site login-link': loginLink,
  'site discard': discard,
};
