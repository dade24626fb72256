import { sql } from 'kysely';
import type { Given } from '../api/endpoints.ts';
import { Problem } from '../model/problem.ts';
import type { TlsMode } from '../model/site.ts';
import type { Data } from './added-data.ts';
import { demandFree, writeAliases } from './alias.ts';
import { type Asked, accountOf, type Handler, type Hub } from './hub.ts';
import { demandMayLeave } from './locked-sites.ts';
import { demandCarries } from './movable.ts';
import { outstanding, taskTypeOf } from './possible.ts';
import { addTask, type Subject, type Asked as Task } from './queue.ts';
import { demandQuota } from './quota.ts';
import { resolve } from './resolve.ts';
import { one } from './rows.ts';
import { siteById } from './site.ts';
import { chosenClient, type Inserting, insertSite } from './site-create.ts';
import { chosenDb, type DbService, demandSameKind, type HeldPlatform, heldPlatform } from './site-platform.ts';
import { taskById } from './task.ts';

interface SourceRow {
  readonly platformId: string;
  readonly dbServiceId: string;
  readonly dnsServiceId: string | null;
  readonly dbServer: string;
  readonly engine: string;
  readonly client: string;
  readonly title: string;
  readonly profile: string;
  readonly language: string;
  readonly email: string;
  readonly tls: TlsMode;
  readonly data: Data;
}

const clone: Handler<'site clone'> = async ({ params, body }, asked) => {
  const source = await resolve(asked, 'site', params.name, { lock: true });
  const { site, task } = await cloneSite(asked, source, body, { accountId: accountOf(asked) });
  return { site: await siteById(asked, site), task: await taskById(asked, task) };
};

/**
 * One transaction: the new site with names and secrets of its own, and the task that will make it; answers the ids of both. It
 * gets none of the aliases, no certificate and no data of plug-ins but of those that say so. The caller holds the source's row.
 */
export async function cloneSite(
  asked: Inserting,
  source: Subject,
  body: Omit<Given<'site clone'>['body'], 'dryRun'> & { readonly dryRun?: boolean },
  by: Pick<Task, 'accountId' | 'priority'>,
): Promise<{ readonly site: string; readonly task: string }> {
  const { tx, hub } = asked;
  await demandCopyable(asked, source);
  const row = await sourceRow(tx, source.id);
  const clientId = await chosenClient(asked, body.client ?? row.client);
  await demandMayLeave(asked, source.id);
  await demandQuota(tx, clientId, 'site');
  const platform = await heldPlatform(asked, body.platform ?? row.platformId, clientId);
  await demandCarries(asked, source, platform);
  const db = await dbFor(asked, row, platform, body.dbServer);
  await demandFree(asked, new Map([[body.name, 'canonical']]));
  const { language, profile } = row;
  const title = body.title ?? (row.title === source.name ? body.name : row.title);
  const wanted = { name: body.name, title, language, tls: body.tls ?? row.tls, email: body.email ?? row.email };
  const data = dataFor(hub, row.data);
  const id = await insertSite(
    asked,
    { ...wanted, platform: platform.name, data, import: false, update: false, dryRun: false },
    { platformId: platform.id, profile, db, dns: row.dnsServiceId, clientId },
  );
  await sql`
    update site set cron_every_s = source.cron_every_s, cron_by = source.cron_by
    from site as source where site.id = ${id} and source.id = ${source.id}`.execute(tx);
  await writeAliases(asked, id, new Map([[body.name, 'canonical']]));
  const { task } = await addTask(
    tx,
    taskTypeOf(hub, 'site', 'site clone'),
    { id, name: body.name, status: 'queued' },
    { args: { source: source.id }, dryRun: body.dryRun ?? false, ...by },
  );
  return { site: id, task };
}

const copyable = ['enabled', 'disabled'];

async function demandCopyable({ tx }: Inserting, { id, name, status }: Subject): Promise<void> {
  const refuse = (why: string, hint: string): Problem =>
    new Problem('wrong-status', `${name} cannot be cloned: it is ${why}`, { hint });
  if (!copyable.includes(status)) throw refuse(status, `It is possible when ${name} is ${copyable.join(' or ')}.`);
  const deleting = (await outstanding(tx, 'site', [id])).get(id)?.find((task) => task.name === 'site delete');
  if (deleting)
    throw refuse(`being deleted by task ${deleting.id}`, `Cancel that first: aegir task cancel ${deleting.id}.`);
}

async function sourceRow(tx: Asked['tx'], id: string): Promise<SourceRow> {
  const { rows } = await sql<SourceRow>`
    select site.platform_id, site.db_service_id, site.dns_service_id, server.name as db_server, service.engine, client.name as client,
           site.title, site.profile, site.language, site.email, site.tls, site.data
    from site join service on service.id = site.db_service_id join server on server.id = service.server_id
         join client on client.id = site.client_id
    where site.id = ${id}`.execute(tx);
  return one(rows, `there is no site ${id}`);
}

async function dbFor(
  asked: Inserting,
  { dbServiceId, dbServer, engine }: SourceRow,
  platform: HeldPlatform,
  named: string | undefined,
): Promise<DbService> {
  if (named === undefined) return { id: dbServiceId, engine, server: dbServer };
  const chosen = await chosenDb(asked, platform, named);
  await demandSameKind(asked.tx, dbServiceId, chosen);
  return chosen;
}

/** What a plug-in keeps of one site is that site's alone, unless it says that a clone has it too. */
const dataFor = ({ catalog }: Pick<Hub, 'catalog'>, data: Data): Data =>
  Object.fromEntries(
    Object.entries(data).filter(([plugin]) =>
      catalog.data.some(({ noun, name, cloned }) => noun === 'site' && name === plugin && cloned === true),
    ),
  );

export const siteCloneHandlers = { 'site clone': clone };
