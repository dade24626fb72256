import { sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import { bootstrapScript } from '../model/bootstrap.ts';
import { fingerprint } from '../model/host-keys.ts';
import type { Json } from '../model/json.ts';
import { Problem, within } from '../model/problem.ts';
import { defaultSshPort, isLocal } from '../model/server.ts';
import { filesUser, publicKeyOf } from '../model/ssh-key.ts';
import { checkedData } from './added-data.ts';
import { taken } from './client.ts';
import { jsonb } from './database.ts';
import { tagged } from './etag.ts';
import { type Asked, accountOf, type Handler, type Hub } from './hub.ts';
import { hubKey } from './hub-key.ts';
import { byName, contains, listPage, live, maybeTime, sorted } from './list.ts';
import { outstanding, possibleTasks, taskTypeOf } from './possible.ts';
import { addTask } from './queue.ts';
import { contextOf, resolve } from './resolve.ts';
import { one } from './rows.ts';
import { insertService, type ServiceRow, serviceAnswer, servicesOf } from './service.ts';
import { together } from './service-options.ts';
import { demandNoMember } from './service-uses.ts';
import { taskById } from './task.ts';
import { iso, isoOrNull } from './time.ts';
import { visible } from './visible.ts';

interface ServerRow {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly host: string;
  readonly sshPort: number;
  readonly status: string;
  readonly root: string;
  readonly data: { readonly [plugin: string]: Json };
  readonly diagnosis: Json;
  readonly tasksMax: number | null;
  readonly hostKeys: readonly string[];
  readonly hostKeysAt: Date | null;
  readonly verifiedAt: Date | null;
  readonly createdAt: Date;
}
const columns = sql`server.id, server.name, server.title, server.host, server.ssh_port, server.status, server.root, server.data,
  server.diagnosis, server.tasks_max, server.host_keys, server.host_keys_at, server.verified_at, server.created_at`;

async function answers(asked: Asked, rows: readonly ServerRow[]): Promise<Answer<'server get'>[]> {
  const { tx, hub } = asked;
  const ids = rows.map(({ id }) => id);
  const services = Map.groupBy(await servicesOf(tx, ids), ({ serverId }) => serverId);
  const tasks = await outstanding(tx, 'server', ids);
  return rows.map((row) =>
    tagged('server', {
      ...row,
      context: contextOf('server', row.name),
      services: (services.get(row.id) ?? []).map((service) => serviceAnswer(hub, service)),
      hostKeys: row.hostKeys.map(fingerprint),
      hostKeysAt: isoOrNull(row.hostKeysAt),
      verifiedAt: isoOrNull(row.verifiedAt),
      createdAt: iso(row.createdAt),
      tasks: possibleTasks(asked, 'server', { status: row.status, client: null }, tasks.get(row.id)),
    }),
  );
}

async function serverById(asked: Asked, id: string): Promise<Answer<'server get'>> {
  const { rows } = await sql<ServerRow>`select ${columns} from server where id = ${id}`.execute(asked.tx);
  return one(await answers(asked, rows), `there is no server ${id}`);
}

const sorts = {
  name: { column: 'server.name', type: 'text' },
  status: { column: 'server.status', type: 'text' },
  host: { column: 'server.host', type: 'text' },
  verified: maybeTime('server.verified_at'),
} as const;

const list: Handler<'server list'> = async ({ query }, asked) => {
  const where = [
    visible('server', asked.caller),
    live('server', query.status),
    contains(['server.name', 'server.title', 'server.host'], query.q),
  ];
  const all = { columns, from: sql`server`, where, ...sorted({ keys: byName('server') }, sorts, query.sort) };
  const page = await listPage<ServerRow>(asked.tx, all, query);
  return { ...page, items: await answers(asked, page.items) };
};

const get: Handler<'server get'> = async ({ params }, asked) =>
  serverById(asked, (await resolve(asked, 'server', params.name)).id);

const bootstrap: Handler<'server bootstrap'> = async ({ params }, asked) => {
  const { tx, hub } = asked;
  const { id, name } = await resolve(asked, 'server', params.name);
  const { root, host } = await serverById(asked, id);
  if (isLocal({ host }))
    throw new Problem('invalid', `server ${name} is the machine that the hub runs on`, {
      hint: 'For this one, run ./up as root.',
    });
  const key = await hubKey(tx, hub.sealKey);
  const services = await servicesOf(tx, [id]);
  return {
    script: bootstrapScript({ name, root, services, filesKey: filesKeyOf(hub, services) }, key.public),
    publicKey: key.public,
    fingerprint: fingerprint(key.public),
  };
};

/** The key with which other servers log in to keep files there, if its file service is one that they log in to. */
function filesKeyOf(hub: Hub, services: readonly ServiceRow[]): string | null {
  const files = services.find(({ type }) => type === 'file');
  const { user, privateKey } = files ? together(hub, files) : {};
  return typeof privateKey === 'string' && (user ?? filesUser) === filesUser ? publicKeyOf(privateKey) : null;
}

const create: Handler<'server create'> = async ({ body }, asked) => {
  const { tx, hub } = asked;
  const {
    name,
    title = name,
    host = 'localhost',
    sshPort = defaultSshPort,
    root = '/var/aegir',
    data = {},
    services = [],
  } = body;
  const { rows } = await sql<{ id: string }>`
    insert into server (name, title, host, ssh_port, root, data)
    values (${name}, ${title}, ${host}, ${sshPort}, ${root}, ${jsonb(checkedData(hub, 'server', data))}::jsonb)
    on conflict do nothing returning id`.execute(tx);
  if (!rows[0]) throw taken('server', name);
  const server = { id: rows[0].id, name, status: 'queued' };
  for (const [index, service] of services.entries())
    await insertService(asked, server, service).catch((error: unknown) => {
      throw within(error, `services.${index}`);
    });
  const { task } = await addTask(tx, taskTypeOf(hub, 'server', 'server verify'), server, {
    accountId: accountOf(asked),
  });
  return { server: await serverById(asked, server.id), task: await taskById(asked, task) };
};

const set: Handler<'server set'> = async ({ params, body }, asked) => {
  const { tx, hub } = asked;
  const server = await resolve(asked, 'server', params.name, { lock: true });
  const { title, host, sshPort, tasksMax, forgetHostKeys, data } = body;
  const before = await serverById(asked, server.id);
  const place = {
    ...(host !== undefined && { host: host ?? 'localhost' }),
    ...(sshPort !== undefined && { sshPort: sshPort ?? defaultSshPort }),
  };
  // Under another name, or behind another port, it may be another machine.
  const now = { ...before, ...place };
  const isOther = forgetHostKeys || now.host !== before.host || now.sshPort !== before.sshPort;
  const changed = {
    ...(title !== undefined && { title: title ?? server.name }),
    ...place,
    ...(tasksMax !== undefined && { tasksMax }),
    ...(isOther && { hostKeys: sql<string[]>`'{}'`, hostKeysAt: null }),
    ...(data !== undefined && { data: jsonb(checkedData(hub, 'server', data ?? {})) }),
  };
  if (Object.keys(changed).length > 0)
    await tx.updateTable('server').set(changed).where('id', '=', server.id).execute();
  const { task } = await addTask(tx, taskTypeOf(hub, 'server', 'server verify'), server, {
    accountId: accountOf(asked),
  });
  return { server: await serverById(asked, server.id), task: await taskById(asked, task) };
};

/** So many of them are named. */
const carriedMax = 5;

const remove: Handler<'server delete'> = async ({ params }, asked) => {
  const { tx } = asked;
  // Who makes a platform here holds the server's row, who makes a site its database service's: both before we look.
  const { id, name } = await resolve(asked, 'server', params.name, { lock: true });
  await sql`select from service where server_id = ${id} order by id for update`.execute(tx);
  const { rows } = await sql<{ name: string }>`
    select 'platform ' || platform.name as name from platform where server_id = ${id} and status <> 'deleted'
    union all
    select 'site ' || site.name from site join service on service.id in (site.db_service_id, site.dns_service_id)
    where service.server_id = ${id} and site.status <> 'deleted'
    union all
    select 'site ' || site.name from dns_record join site on site.id = dns_record.site_id
         join service on service.id = dns_record.service_id
    where service.server_id = ${id}
    union all
    select 'backup ' || backup.name from backup
    where status = 'enabled' and (server_id = ${id} or (elsewhere ->> 'server' = ${name} and elsewhere ->> 'problem' is null))
    union all
    select 'the backups of server ' || server.name from service join server on server.id = service.server_id
    where type = 'backup' and service.status = 'enabled' and options ->> 'fileService' = ${name} and server.id <> ${id}
    union all
    select 'task ' || task.id from task
    where subject_type = 'server' and subject_id = ${id} and status in ('queued', 'running', 'stuck')
    order by 1 limit ${carriedMax + 1}`.execute(tx);
  const carried = [...new Set(rows.map((row) => row.name))];
  const [more] = carried.splice(carriedMax);
  if (carried.length > 0)
    throw new Problem(
      'in-use',
      `server ${name} is used by ${carried.join(', ')}${more === undefined ? '' : ' and others'}`,
      {
        hint: 'Delete or migrate what is on it first; cancel or settle its tasks.',
      },
    );
  await demandNoMember(asked, { id, name, status: '' });
  await sql`update service set status = 'deleted' where server_id = ${id}`.execute(tx);
  await sql`update server set status = 'deleted' where id = ${id}`.execute(tx);
  return { deleted: name };
};

export const serverHandlers = {
  'server list': list,
  'server get': get,
  'server bootstrap': bootstrap,
  'server create': create,
  'server set': set,
  'server delete': remove,
};
