import { type Kysely, sql } from 'kysely';
import type { Json } from '../../model/json.ts';
import type { LogPosition } from '../../model/requests.ts';
import { Secret } from '../../model/secret.ts';
import type { ServerStatus } from '../../model/server.ts';
import { one } from '../rows.ts';
import { type SealKey, unseal } from '../seal.ts';
import { serviceSecrets } from '../site-secrets.ts';
import type { Tables } from '../tables.ts';

/** Where the rows of a task are read from, and what opens what is sealed in them. */
export interface Reading {
  readonly db: Kysely<Tables>;
  readonly key: SealKey;
  /** For what was allocated with it; '0': none. */
  readonly task: string;
}

export interface ServerRow {
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly sshPort: number;
  readonly status: ServerStatus;
  readonly root: string;
  readonly data: { readonly [plugin: string]: Json };
  readonly hostKeys: readonly string[];
}

export interface ServiceRow {
  readonly id: string;
  readonly serverId: string;
  readonly type: string;
  readonly engine: string;
  readonly options: { readonly [name: string]: Json };
  /** The options that the engine calls secret. */
  readonly secrets: { readonly [name: string]: Secret };
  /** Of a web server that publishes by those of other servers: all of which there are, as it may have used another one before. */
  readonly webs: readonly ServiceOnServer[];
}

export interface ServiceOnServer extends ServiceRow {
  readonly server: ServerRow;
}

/** As its columns are. */
export interface SealedService {
  readonly id: string;
  readonly serverId: string;
  readonly type: string;
  readonly engine: string;
  readonly options: Json;
  readonly secrets: Buffer | null;
}

export async function serverRow({ db }: Pick<Reading, 'db'>, id: string): Promise<ServerRow> {
  // The column's check allows no other status, and only objects are ever written to data.
  const { rows } =
    await sql<ServerRow>`select id, name, host, ssh_port, status, root, data, host_keys from server where id = ${id}`.execute(
      db,
    );
  return one(rows, `there is no server ${id}`);
}

export async function serviceRow(reading: Reading, id: string): Promise<ServiceRow> {
  const row = await sealedService(reading.db, id);
  return { ...opened(reading, row), webs: await websFor(reading, row) };
}

export async function sealedService(db: Kysely<Tables>, id: string): Promise<SealedService> {
  const { rows } = await sql<SealedService>`
    select id, server_id, type, engine, options, secrets from service where id = ${id}`.execute(db);
  return one(rows, `there is no service ${id}`);
}

export async function serviceOnServer(reading: Reading, id: string): Promise<ServiceOnServer> {
  const service = await serviceRow(reading, id);
  return { ...service, server: await serverRow(reading, service.serverId) };
}

/** Null: the server has none. */
export async function serviceOfType(reading: Reading, server: string, type: string): Promise<ServiceRow | null> {
  const { rows } = await sql<SealedService>`
    select id, server_id, type, engine, options, secrets from service
    where server_id = ${server} and type = ${type} and status = 'enabled'`.execute(reading.db);
  return rows[0] ? opened(reading, rows[0]) : null;
}

/** Only a cluster's options name members. */
async function websFor(reading: Reading, { type, options }: SealedService): Promise<readonly ServiceOnServer[]> {
  if (type !== 'http' || !('members' in (options as object))) return []; // only objects are ever written there
  const { rows } = await sql<{ id: string }>`
    select service.id from service join server on server.id = service.server_id
    where service.type = 'http' and service.status = 'enabled' and server.status <> 'deleted'
      and not service.options ? 'members' order by server.name`.execute(reading.db);
  const webs: ServiceOnServer[] = [];
  for (const { id } of rows) webs.push(await serviceOnServer(reading, id));
  return webs;
}

/** Null: its options name no file service. */
export async function filesNamedBy(
  reading: Reading,
  { options }: Pick<SealedService, 'options'>,
): Promise<ServiceOnServer | null> {
  const { fileService } = options as { readonly fileService?: string }; // only objects are ever written there
  if (fileService === undefined) return null;
  const { rows } = await sql<{ id: string }>`
    select service.id from service join server on server.id = service.server_id
    where server.name = ${fileService} and server.status <> 'deleted' and type = 'file' and service.status = 'enabled'`.execute(
    reading.db,
  );
  const hint = `aegir service list ${fileService} shows what it has.`;
  return serviceOnServer(reading, one(rows, `server ${fileService} has no file service`, hint).id);
}

export function opened({ key }: Reading, { secrets, options, ...row }: SealedService): ServiceRow {
  const sealed: object = secrets ? JSON.parse(unseal(key, secrets, serviceSecrets(row.id)).reveal()) : {};
  return {
    ...row,
    options: options as ServiceRow['options'], // only objects are ever written there
    secrets: Object.fromEntries(Object.entries(sealed).map(([name, value]) => [name, new Secret(String(value))])),
    webs: [],
  };
}

/** A server with all that it offers. */
export interface ServerRows {
  readonly server: ServerRow;
  readonly services: readonly (ServiceRow & {
    /** Of a web server: how far its log was read. */
    readonly readTo: readonly LogPosition[];
    /** The file service that its options name. */
    readonly files: ServiceOnServer | null;
  })[];
}

export async function serverRows(reading: Reading, id: string): Promise<ServerRows> {
  const { rows } = await sql<SealedService & { readonly readTo: readonly LogPosition[] }>`
    select id, server_id, type, engine, options, secrets, coalesce(web_log.positions, '[]') as read_to
    from service left join web_log on web_log.service_id = service.id
    where server_id = ${id} and status = 'enabled' order by type`.execute(reading.db);
  const services = [];
  for (const { readTo, ...row } of rows)
    services.push({
      ...opened(reading, row),
      ...{ readTo, files: await filesNamedBy(reading, row), webs: await websFor(reading, row) },
    });
  return { server: await serverRow(reading, id), services };
}
