import { type Kysely, sql } from 'kysely';
import type { PackageScan } from '../applications/application.ts';
import { one } from '../hub/rows.ts';
import { type SealKey, unseal } from '../hub/seal.ts';
import { settingValue } from '../hub/setting.ts';
import { serviceSecrets } from '../hub/site-secrets.ts';
import type { Tables } from '../hub/tables.ts';
import type { Machine } from '../machine/machine.ts';
import type { Json } from '../model/json.ts';
import type { Platform, PlatformStatus } from '../model/platform.ts';
import type { PlatformBuild, PlatformSource } from '../model/platform-source.ts';
import { Problem } from '../model/problem.ts';
import { Secret } from '../model/secret.ts';
import type { Server, ServerStatus } from '../model/server.ts';
import type { Services } from '../services/engine.ts';
import type { Catalog, LinesFor } from '../tasks/catalog.ts';
import type { Report } from '../tasks/context.ts';

/** What a loader turns rows into things with hands with. */
export interface Loading {
  readonly db: Kysely<Tables>;
  readonly key: SealKey;
  readonly catalog: Catalog;
  /** For what was allocated with it. */
  readonly task: string;
  readonly report: Report;
  /** Directory on this worker's own machine through which the hub takes and gives files. */
  readonly transfers: string;
  /** `secrets` are added to those that the machines of this task scrub from what they log. */
  openMachine(server: Server, secrets: readonly Secret[]): Machine;
}

interface ServerRow {
  id: string;
  name: string;
  host: string;
  status: string;
  root: string;
  data: Json;
}

export interface ServiceRow {
  id: string;
  serverId: string;
  type: string;
  engine: string;
  options: Json;
  secrets: Buffer | null;
}

export async function serverRow(
  db: Kysely<Tables>,
  id: string,
): Promise<{ readonly server: Server; readonly root: string }> {
  const { rows } = await sql<ServerRow>`select id, name, host, status, root, data from server where id = ${id}`.execute(
    db,
  );
  const { root, ...row } = one(rows, `there is no server ${id}`);
  // The column's check allows no other status, and only objects are ever written to data.
  return { server: { ...row, status: row.status as ServerStatus, data: row.data as Server['data'] }, root };
}

interface PlatformRow {
  id: string;
  name: string;
  root: string;
  status: string;
  application: string | null;
  version: string | null;
  scan: PackageScan | null;
  source: PlatformSource;
  tree: string | null;
  isBuilt: boolean;
  sitesFound: readonly { readonly directory: string }[];
  serverId: string;
  httpServiceId: string;
}

export async function platformRow(
  db: Kysely<Tables>,
  id: string,
): Promise<PlatformRow & { readonly platform: Platform }> {
  const { rows } = await sql<PlatformRow>`
    select id, name, root, status, application, version, scan, source, tree, built_at is not null as is_built,
           sites_found, server_id, http_service_id
    from platform where id = ${id}`.execute(db);
  const row = one(rows, `there is no platform ${id}`);
  const { name, root, application, version } = row;
  return { ...row, platform: { id, name, root, application, version, status: row.status as PlatformStatus } }; // checked by the column
}

/** How its code comes to be, with the hub's settings for it. */
export async function platformBuild(
  db: Kysely<Tables>,
  { source, tree, isBuilt }: Pick<PlatformRow, 'source' | 'tree' | 'isBuilt'>,
): Promise<PlatformBuild> {
  const bytesMax = (await settingValue(db, 'platform.build-mib-max')) * 1024 * 1024;
  const filesMax = await settingValue(db, 'platform.build-files-max');
  return { source, tree, isBuilt, limits: { bytesMax, filesMax } };
}

export async function serviceRow(db: Kysely<Tables>, id: string): Promise<ServiceRow> {
  const { rows } = await sql<ServiceRow>`
    select id, server_id, type, engine, options, secrets from service where id = ${id}`.execute(db);
  return one(rows, `there is no service ${id}`);
}

/** Null: the server has none. */
export async function serviceOfType(db: Kysely<Tables>, server: string, type: string): Promise<ServiceRow | null> {
  const { rows } = await sql<ServiceRow>`
    select id, server_id, type, engine, options, secrets from service
    where server_id = ${server} and type = ${type} and status = 'enabled'`.execute(db);
  return rows[0] ?? null;
}

/** The options with the secret ones among them, as the engine's schema wants them. */
export function serviceOptions({ key }: Loading, row: ServiceRow): { options: Json; secrets: readonly Secret[] } {
  const plain = row.options as { readonly [name: string]: Json }; // only objects are ever written there
  if (!row.secrets) return { options: plain, secrets: [] };
  const sealed = JSON.parse(unseal(key, row.secrets, serviceSecrets(row.id)).reveal()) as Record<string, string>;
  return { options: { ...plain, ...sealed }, secrets: Object.values(sealed).map((value) => new Secret(value)) };
}

export function openService<Type extends keyof Services>(
  catalog: Catalog,
  type: Type,
  row: ServiceRow,
  host: Parameters<Catalog['engines'][number]['open']>[0],
  options: Json,
): Services[Type] {
  if (row.type !== type) throw new Problem('bug', `service ${row.id} is of type ${row.type}, not ${type}`);
  return findEngine(catalog, row).open(host, options) as Services[Type]; // `engine()` ties this type to what open answers
}

export function findEngine({ engines }: Catalog, { type, engine: name }: ServiceRow): Catalog['engines'][number] {
  const engine = engines.find((one) => one.type === type && one.name === name);
  if (engine) return engine;
  throw new Problem('not-found', `there is no engine '${name}' for ${type}`, {
    hint: 'It came from a plug-in that is not in aegir.config.ts any more: bring it back, or choose another engine.',
  });
}

export const settingsLines = ({ settingsLines }: Catalog, application: string, site: LinesFor): readonly string[] =>
  settingsLines.flatMap((one) => (one.application === application ? one.lines(site) : []));

export const vhostLines = ({ vhostLines }: Catalog, engine: string, site: LinesFor): readonly string[] =>
  vhostLines.flatMap((one) => (one.engine === engine ? one.lines(site) : []));
