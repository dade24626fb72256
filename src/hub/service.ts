import { sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import { Problem } from '../model/problem.ts';
import type { Noun } from '../tasks/task-type.ts';
import { jsonb } from './database.ts';
import { tagged } from './etag.ts';
import { type Asked, accountOf, type Handler, type Hub, type Reader } from './hub.ts';
import { contains, listPage } from './list.ts';
import { outstanding, taskTypeOf } from './possible.ts';
import { addTask, type Subject } from './queue.ts';
import { resolve } from './resolve.ts';
import { changedOptions, checkOptions, engineOf, type Options, split, together } from './service-options.ts';
import { demandNoMember, demandUsable } from './service-uses.ts';
import { taskById } from './task.ts';
import { iso } from './time.ts';

export interface ServiceRow {
  readonly id: string;
  readonly serverId: string;
  readonly server: string;
  readonly type: string;
  readonly engine: string;
  readonly options: Options;
  readonly secrets: Buffer | null;
  readonly publishTo: string;
  readonly status: string;
  readonly createdAt: Date;
}
const columns = sql`service.id, service.server_id, server.name as server, service.type, service.engine, service.options,
  service.secrets, service.publish_to, service.status, service.created_at`;
const from = sql`service join server on server.id = service.server_id`;

export const serviceAnswer = (hub: Hub, row: ServiceRow): Answer<'service get'> =>
  tagged(
    'service',
    {
      id: row.id,
      server: row.server,
      type: row.type,
      engine: row.engine,
      options: { ...row.options },
      secretsSet: row.secrets ? Object.keys(together(hub, { ...row, options: {} })) : [],
      publishTo: row.publishTo as 'sites' | 'servers', // checked by the column
      status: row.status,
      createdAt: iso(row.createdAt),
    },
    row.secrets,
  );

/** Those of several servers at once, by type. */
export async function servicesOf(db: Reader, serverIds: readonly string[]): Promise<readonly ServiceRow[]> {
  const { rows } = await sql<ServiceRow>`
    select ${columns} from ${from}
    where service.server_id = any (${[...serverIds]}::bigint[]) and service.status <> 'deleted'
    order by service.server_id, service.type`.execute(db);
  return rows;
}

async function serviceOf(db: Reader, server: Subject, type: string): Promise<ServiceRow> {
  const found = (await servicesOf(db, [server.id])).find((service) => service.type === type);
  if (found) return found;
  throw new Problem('not-found', `server ${server.name} has no service '${type}'`, {
    hint: `aegir service list ${server.name} shows what it has.`,
  });
}

const list: Handler<'service list'> = async ({ params, query }, asked) => {
  const { tx, hub } = asked;
  const { id } = await resolve(asked, 'server', params.name);
  const where = [
    sql`service.server_id = ${id} and service.status <> 'deleted'`,
    contains(['service.type', 'service.engine'], query.q),
  ];
  const keys = [{ column: 'service.id', type: 'bigint' }] as const;
  const page = await listPage<ServiceRow>(tx, { columns, from, where, keys }, query);
  return { ...page, items: page.items.map((row) => serviceAnswer(hub, row)) };
};

const get: Handler<'service get'> = async ({ params }, asked) =>
  serviceAnswer(asked.hub, await serviceOf(asked.tx, await resolve(asked, 'server', params.name), params.type));

export interface WantedService {
  readonly type: string;
  readonly engine: string;
  readonly options?: Record<string, unknown> | undefined;
  readonly publishTo?: 'sites' | 'servers' | undefined;
}

/** Throws Problem 'invalid', or 'conflict' when the server has one of the type. */
export async function insertService(asked: Asked, server: Subject, wanted: WantedService): Promise<string> {
  const { tx, hub } = asked;
  const engine = engineOf(hub, wanted.type, wanted.engine);
  const options = (wanted.options ?? {}) as Options; // It came as JSON.
  checkOptions(engine, options);
  await demandUsable(asked, server, engine, options);
  const { publishTo = 'sites' } = wanted;
  demandWeb(wanted.type, publishTo);
  const { rows } = await sql<{ id: string }>`
    insert into service (server_id, type, engine, publish_to)
    values (${server.id}, ${wanted.type}, ${wanted.engine}, ${publishTo})
    on conflict do nothing returning id`.execute(tx);
  if (!rows[0])
    throw new Problem('conflict', `server ${server.name} has a service '${wanted.type}' already`, {
      hint: `Change it: aegir service set ${server.name} ${wanted.type} --engine ${wanted.engine}.`,
    });
  await writeOptions({ tx, hub }, rows[0].id, wanted.type, wanted.engine, options);
  return rows[0].id;
}

function demandWeb(type: string, publishTo: 'sites' | 'servers' | undefined): void {
  if (type === 'http' || publishTo !== 'servers') return;
  throw new Problem('invalid', `a service of the type ${type} publishes nothing`, {
    hint: 'Only of web servers it can be said that they publish for other servers only.',
    fields: [{ path: 'publishTo', message: 'is for http only' }],
  });
}

async function writeOptions(
  { tx, hub }: Pick<Asked, 'tx' | 'hub'>,
  id: string,
  type: string,
  engine: string,
  options: Options,
): Promise<void> {
  await demandFileService(tx, options);
  const { open, sealed } = split(hub, engineOf(hub, type, engine), id, options);
  await sql`update service set engine = ${engine}, options = ${jsonb(open)}::jsonb, secrets = ${sealed}
            where id = ${id}`.execute(tx);
}

/** Throws Problem 'invalid' where the options name a server without a file service. */
async function demandFileService(tx: Reader, { fileService }: Options): Promise<void> {
  if (typeof fileService !== 'string') return;
  const { rows } = await sql<{ isThere: true }>`
    select true as is_there from service join server on server.id = service.server_id
    where server.name = ${fileService} and type = 'file' and service.status = 'enabled' for share of service`.execute(
    tx,
  );
  if (rows.length > 0) return;
  throw new Problem('invalid', `server ${fileService} has no file service`, {
    hint: `Give it one first: aegir service create ${fileService} file --engine ENGINE.`,
    fields: [{ path: 'options.fileService', message: 'has no file service' }],
  });
}

const create: Handler<'service create'> = async ({ params, body }, asked) => {
  const { tx, hub } = asked;
  const server = await resolve(asked, 'server', params.name, { lock: true });
  await insertService(asked, server, body);
  const { task } = await addTask(tx, taskTypeOf(hub, 'server', 'server verify'), server, {
    accountId: accountOf(asked),
  });
  const service = await serviceOf(tx, server, body.type);
  for (const [noun, subjects] of await dependents(tx, service.id))
    for (const subject of subjects) await verify(asked, noun, subject, task);
  return {
    service: serviceAnswer(hub, service),
    task: await taskById(asked, task),
  };
};

/** All are asked for; so many of them are in the answer. */
const answeredMax = 200;

const set: Handler<'service set'> = async ({ params, body }, asked) => {
  const { tx, hub } = asked;
  const server = await resolve(asked, 'server', params.name, { lock: true });
  const before = await serviceOf(tx, server, params.type);
  const engine = engineOf(hub, params.type, body.engine ?? before.engine);
  const start = engine.name === before.engine ? together(hub, before) : {};
  const options = changedOptions(start, body.options as Options | null | undefined); // It came as JSON.
  checkOptions(engine, options);
  if (engine.name !== before.engine && (params.type === 'db' || params.type === 'file'))
    await demandUnused(asked, before, server);
  await demandUsable(asked, server, engine, options);
  // One that publishes by others is no member of another cluster.
  if (engine.uses(options).length > 0) await demandNoMember(asked, server);
  await setPublishTo(asked, before, server, body.publishTo);
  await writeOptions(asked, before.id, params.type, engine.name, options);
  const first = await addTask(tx, taskTypeOf(hub, 'server', 'server verify'), server, { accountId: accountOf(asked) });
  const tasks: { readonly task: string }[] = [first];
  const depending = isOurLogin(params.type, engine.name === before.engine, body.options)
    ? []
    : await dependents(tx, before.id);
  for (const [noun, subjects] of depending)
    for (const subject of subjects) tasks.push(...(await verify(asked, noun, subject, first.task)));
  const answers = [];
  for (const { task } of tasks.slice(0, answeredMax)) answers.push(await taskById(asked, task));
  return { service: serviceAnswer(hub, await serviceOf(tx, server, params.type)), tasks: answers };
};

async function setPublishTo(
  asked: Asked,
  service: ServiceRow,
  server: Subject,
  publishTo: 'sites' | 'servers' | undefined,
): Promise<void> {
  if (publishTo === undefined || publishTo === service.publishTo) return;
  demandWeb(service.type, publishTo);
  if (publishTo === 'servers') await demandUnused(asked, service, server);
  await sql`update service set publish_to = ${publishTo} where id = ${service.id}`.execute(asked.tx);
}

/** As whom Aegir itself makes databases: sites have users of their own, and know nothing of it. */
const isOurLogin = (type: string, isSameEngine: boolean, options: object | null | undefined): boolean =>
  type === 'db' &&
  isSameEngine &&
  options !== null &&
  options !== undefined &&
  Object.keys(options).length > 0 &&
  Object.keys(options).every((one) => one === 'user' || one === 'password');

/** Platforms that it publishes, itself or for a cluster, and sites that are published by it, have their database or DNS records there, or their cron run by it. */
async function dependents(tx: Reader, service: string): Promise<readonly (readonly [Noun, readonly Subject[]])[]> {
  const webs = sql`(
    select ${service}::bigint as id union
    select cluster.id from service join server on server.id = service.server_id
      join service as cluster on cluster.type = 'http' and cluster.status = 'enabled'
        and (cluster.options -> 'members' ? server.name or cluster.options ->> 'front' = server.name)
    where service.id = ${service} and service.type = 'http')`;
  const platforms = await sql<Subject>`
    select id, name, status from platform where http_service_id in ${webs} and status <> 'deleted' order by id`.execute(
    tx,
  );
  const sites = await sql<Subject>`
    select site.id, site.name, site.status from site join platform on platform.id = site.platform_id
    where site.status <> 'deleted' and site.copy_of is null
      and (platform.http_service_id in ${webs} or ${service} in (site.db_service_id, site.dns_service_id)
           or exists (select from service where service.id = ${service} and service.type = 'cron'
                      and service.server_id = platform.server_id))
    order by site.id`.execute(tx);
  return [
    ['platform', platforms.rows],
    ['site', sites.rows],
  ];
}

/** After the server's: what a new engine needs there must be there first. No task where there is nothing to verify. */
async function verify(
  asked: Asked,
  noun: Noun,
  subject: Subject,
  after: string,
): Promise<readonly { readonly task: string }[]> {
  const type = taskTypeOf(asked.hub, noun, `${noun} verify`);
  const tasks = (await outstanding(asked.tx, noun, [subject.id])).get(subject.id) ?? [];
  if (!type.from.includes(subject.status) || tasks.some(({ name }) => name === `${noun} delete`)) return [];
  return [await addTask(asked.tx, type, subject, { accountId: accountOf(asked), after })];
}

async function demandUnused({ tx }: Pick<Asked, 'tx'>, service: ServiceRow, server: Subject): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select 'platform ' || name as name from platform where http_service_id = ${service.id} and status <> 'deleted'
    union
    select 'site ' || name from site where ${service.id} in (db_service_id, dns_service_id) and status <> 'deleted'
    union
    select 'the backups of server ' || server.name from service join server on server.id = service.server_id
    where ${service.type} = 'file' and service.type = 'backup' and service.status = 'enabled'
      and service.options ->> 'fileService' = ${server.name}
    union
    select 'backup ' || name from backup
    where ${service.type} = 'file' and status = 'enabled' and elsewhere ->> 'server' = ${server.name}
      and elsewhere ->> 'problem' is null
    union
    select 'site ' || site.name from dns_record join site on site.id = dns_record.site_id where service_id = ${service.id}
    order by 1 limit 4`.execute(tx);
  if (rows.length === 0) return;
  const shown = rows.slice(0, 3).map(({ name }) => name);
  throw new Problem(
    'in-use',
    `the ${service.type} service of ${server.name} is used by ${shown.join(', ')}${rows.length > 3 ? ', …' : ''}`,
    {
      hint: 'Delete or migrate what uses it first.',
    },
  );
}

const remove: Handler<'service delete'> = async ({ params }, asked) => {
  const { tx } = asked;
  const server = await resolve(asked, 'server', params.name, { lock: true });
  const service = await serviceOf(tx, server, params.type);
  // Whoever inserts a platform or a site that uses it holds the same row.
  await sql`select from service where id = ${service.id} for update`.execute(tx);
  await demandUnused(asked, service, server);
  if (service.type === 'http') await demandNoMember(asked, server);
  if (service.type === 'cron' && service.engine === 'crontab')
    throw new Problem('in-use', `there may be lines of sites in the crontab of ${server.name}`, {
      hint: `Have the hub run it, which takes them away: aegir service set ${server.name} cron --engine hub.`,
    });
  await sql`update service set status = 'deleted' where id = ${service.id}`.execute(tx);
  return { deleted: `${server.name} ${service.type}` };
};

export const serviceHandlers = {
  'service list': list,
  'service get': get,
  'service create': create,
  'service set': set,
  'service delete': remove,
};
