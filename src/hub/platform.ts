import { sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import type { PackageScan } from '../applications/application.ts';
import type { PlatformSource } from '../model/platform-source.ts';
import { Problem } from '../model/problem.ts';
import { type Caller, mayDo } from './access.ts';
import { taken } from './client.ts';
import { jsonb } from './database.ts';
import { driftedSince, isDrifted } from './drift.ts';
import { tagged } from './etag.ts';
import { type Asked, accountOf, type Handler } from './hub.ts';
import { byName, contains, equals, listPage, live, maybeText, maybeTime, sorted } from './list.ts';
import { clientsOf, giveTo } from './platform-clients.ts';
import { outstanding, possibleTasks, taskTypeOf } from './possible.ts';
import { profilesOf } from './profiles.ts';
import { addTask, type Subject } from './queue.ts';
import { contextOf, resolve } from './resolve.ts';
import { one } from './rows.ts';
import { taskById } from './task.ts';
import { iso, isoOrNull } from './time.ts';
import { visible } from './visible.ts';

interface PlatformRow {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly root: string;
  readonly source: PlatformSource;
  readonly tree: string | null;
  readonly builtAt: Date | null;
  readonly server: string;
  readonly engine: string;
  readonly status: string;
  readonly application: string | null;
  readonly version: string | null;
  readonly profiles: readonly PackageScan['packages'][number][];
  readonly sites: number;
  readonly sitesFound: readonly { readonly directory: string }[];
  readonly driftedSince: Date | null;
  readonly verifiedAt: Date | null;
  readonly createdAt: Date;
}
const sites = (caller: Caller) => sql`(select count(*)::int from site
  where site.platform_id = platform.id and site.status <> 'deleted' and site.copy_of is null
    and ${visible('site', caller)})`;
// A scan is long and a list has many rows: only its profiles are read.
const columns = (
  caller: Caller,
) => sql`platform.id, platform.name, platform.title, platform.root, platform.source, platform.tree,
  platform.built_at, server.name as server,
  service.engine, platform.status, platform.application, platform.version,
  coalesce(jsonb_path_query_array(platform.scan, '$.packages[*] ? (@.type == "profile")'), '[]') as profiles,
  ${sites(caller)} as sites,
  platform.sites_found, ${driftedSince('platform')} as drifted_since, platform.verified_at, platform.created_at`;
const from = sql`platform join server on server.id = platform.server_id
  join service on service.id = platform.http_service_id`;

async function answers(asked: Asked, rows: readonly PlatformRow[]): Promise<Answer<'platform get'>[]> {
  const { tx, hub, caller } = asked;
  // Where others' sites lie, and where the code comes from, is not for a client.
  const isOfAll = mayDo(caller, 'platform read', { client: null });
  const ids = rows.map(({ id }) => id);
  const [tasks, clients] = [await outstanding(tx, 'platform', ids), await clientsOf(asked, ids)];
  return rows.map((row) =>
    tagged('platform', {
      ...row,
      context: contextOf('platform', row.name),
      profiles: [...profilesOf(hub, row)],
      clients: [...(clients.get(row.id) ?? [])],
      source: isOfAll ? row.source : null,
      sitesFound: isOfAll ? row.sitesFound.map(({ directory }) => ({ directory })) : [],
      builtAt: isoOrNull(row.builtAt),
      driftedSince: isoOrNull(row.driftedSince),
      verifiedAt: isoOrNull(row.verifiedAt),
      createdAt: iso(row.createdAt),
      tasks: possibleTasks(asked, 'platform', { status: row.status, client: null }, tasks.get(row.id)),
    }),
  );
}

async function platformById(asked: Asked, id: string): Promise<Answer<'platform get'>> {
  const { rows } = await sql<PlatformRow>`
    select ${columns(asked.caller)} from ${from} where platform.id = ${id}`.execute(asked.tx);
  return one(await answers(asked, rows), `there is no platform ${id}`);
}

const sorts = (caller: Caller) =>
  ({
    name: { column: 'platform.name', type: 'text' },
    status: { column: 'platform.status', type: 'text' },
    version: maybeText('platform.version'),
    sites: { column: sites(caller), type: 'bigint' },
    verified: maybeTime('platform.verified_at'),
    created: { column: 'platform.created_at', type: 'timestamptz' },
  }) as const;

const list: Handler<'platform list'> = async ({ query }, asked) => {
  const server = query.server === undefined ? undefined : await resolve(asked, 'server', query.server);
  const where = [
    visible('platform', asked.caller),
    live('platform', query.status),
    equals('platform.server_id', server?.id),
    equals('platform.application', query.application),
    isDrifted('platform', query.drifted),
    contains(['platform.name', 'platform.title', 'platform.root'], query.q),
  ];
  const keys = sorted({ keys: byName('platform') }, sorts(asked.caller), query.sort);
  const all = { columns: columns(asked.caller), from, where, ...keys };
  const page = await listPage<PlatformRow>(asked.tx, all, query);
  return { ...page, items: await answers(asked, page.items) };
};

const get: Handler<'platform get'> = async ({ params }, asked) =>
  platformById(asked, (await resolve(asked, 'platform', params.name)).id);

const create: Handler<'platform create'> = async ({ body }, asked) => {
  const { tx, hub } = asked;
  const { name, root, title = name, source } = body;
  const server = await serverFor(asked, body.server);
  const { rows: services } = await sql<{ id: string; publishTo: string }>`
    select id, publish_to from service where server_id = ${server.id} and type = 'http' and status <> 'deleted'
    for share`.execute(tx);
  if (!services[0])
    throw new Problem('invalid', `server ${server.name} has no web server`, {
      hint: `Give it one: aegir service create ${server.name} http --engine nginx.`,
      fields: [{ path: 'server', message: 'has no http service' }],
    });
  if (services[0].publishTo === 'servers')
    throw new Problem('invalid', `the web server of ${server.name} publishes for other servers only`, {
      hint: `Choose another server; or say that it publishes sites: aegir service set ${server.name} http --publish-to sites.`,
      fields: [{ path: 'server', message: 'publishes no sites' }],
    });
  await mustBeApart(asked, server, root);
  const tree = source.type === 'path' ? null : root;
  const { rows } = await sql<{ id: string }>`
    insert into platform (name, title, root, server_id, http_service_id, source, tree)
    values (${name}, ${title}, ${root}, ${server.id}, ${services[0].id}, ${jsonb(source)}::jsonb, ${tree})
    on conflict do nothing returning id`.execute(tx);
  if (!rows[0]) throw await inTheWay(asked, server, name, root);
  await giveTo(asked, rows[0].id, body.clients ?? []);
  const { task } = await addTask(
    tx,
    taskTypeOf(hub, 'platform', 'platform verify'),
    { id: rows[0].id, name, status: 'queued' },
    { accountId: accountOf(asked) },
  );
  return { platform: await platformById(asked, rows[0].id), task: await taskById(asked, task) };
};

/** The one that was named; or the only one that has a web server. Held, so that it stays. */
async function serverFor(asked: Asked, named: string | undefined): Promise<Subject> {
  const { tx } = asked;
  if (named !== undefined) return resolve(asked, 'server', named, { lock: true });
  const { rows } = await sql<{ id: string; name: string }>`
    select server.id, server.name from server join service on service.server_id = server.id
    where server.status <> 'deleted' and service.status <> 'deleted' and service.type = 'http'
      and service.publish_to = 'sites' limit 2`.execute(tx);
  if (rows.length === 1 && rows[0]) return resolve(asked, 'server', rows[0].id, { lock: true });
  throw new Problem('invalid', rows.length === 0 ? 'no server has a web server' : 'several servers could carry it', {
    hint: rows.length === 0 ? 'Make one: aegir server create, aegir service create.' : 'Say which: --server.',
    fields: [{ path: 'server', message: 'must be given' }],
  });
}

/** A tree that Aegir builds is removed as a whole: no other platform may be in it, nor it in another one. */
async function mustBeApart({ tx }: Pick<Asked, 'tx'>, server: Subject, root: string): Promise<void> {
  const { rows } = await sql<{ name: string; tree: string }>`
    select name, tree from platform where server_id = ${server.id} and status <> 'deleted'
      and (tree = ${root} or starts_with(${root}, tree || '/') or starts_with(tree, ${root} || '/')) limit 1`.execute(
    tx,
  );
  const [other] = rows;
  if (other)
    throw new Problem('conflict', `platform ${other.name} is built in ${other.tree}`, {
      hint: 'Choose a root that is neither in it nor above it.',
      fields: [{ path: 'root', message: `overlaps with platform ${other.name}` }],
    });
}

async function inTheWay({ tx }: Pick<Asked, 'tx'>, server: Subject, name: string, root: string): Promise<Problem> {
  const { rows } = await sql<{ name: string }>`
    select name from platform
    where server_id = ${server.id} and ${root} in (root, tree) and status <> 'deleted'`.execute(tx);
  const [other] = rows;
  if (!other || other.name === name) return taken('platform', name);
  return new Problem('conflict', `${root} on ${server.name} is platform ${other.name} already`, {
    hint: `Use that platform, or delete it first: aegir platform delete ${other.name}.`,
  });
}

const set: Handler<'platform set'> = async ({ params, body }, asked) => {
  const { id, name } = await resolve(asked, 'platform', params.name, { lock: true });
  if (body.clients !== undefined) await giveTo(asked, id, body.clients ?? []);
  if (body.title !== undefined)
    await asked.tx
      .updateTable('platform')
      .set({ title: body.title ?? name })
      .where('id', '=', id)
      .execute();
  return { platform: await platformById(asked, id) };
};

export const platformHandlers = {
  'platform list': list,
  'platform get': get,
  'platform create': create,
  'platform set': set,
};
