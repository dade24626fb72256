import { sql } from 'kysely';
import type { PackageScan } from '../../applications/application.ts';
import type { Platform, PlatformStatus } from '../../model/platform.ts';
import type { PlatformBuild, PlatformSource } from '../../model/platform-source.ts';
import { one } from '../rows.ts';
import { settingValue } from '../setting.ts';
import { type Reading, type ServerRow, type ServiceRow, serverRow, serviceRow } from './service-rows.ts';

/** A platform as a site sees it. */
export interface PlatformHere {
  readonly platform: Platform;
  /** The last scan of its code. */
  readonly scan: PackageScan | null;
  readonly server: ServerRow;
  readonly http: ServiceRow;
}

export interface PlatformRows extends PlatformHere {
  readonly build: PlatformBuild;
  /** Directories below sites/ of the sites that the hub knows on it, and of those that were found there. */
  readonly siteDirectories: readonly string[];
  readonly sitesFound: readonly string[];
}

interface Columns {
  readonly id: string;
  readonly name: string;
  readonly root: string;
  readonly status: PlatformStatus; // checked by the column
  readonly application: string | null;
  readonly version: string | null;
  readonly scan: PackageScan | null;
  readonly source: PlatformSource;
  readonly tree: string | null;
  readonly isBuilt: boolean;
  readonly sitesFound: readonly { readonly directory: string }[];
  readonly serverId: string;
  readonly httpServiceId: string;
}

async function columnsOf({ db }: Reading, id: string): Promise<Columns> {
  const { rows } = await sql<Columns>`
    select id, name, root, status, application, version, scan, source, tree, built_at is not null as is_built,
           sites_found, server_id, http_service_id
    from platform where id = ${id}`.execute(db);
  return one(rows, `there is no platform ${id}`);
}

async function hereOf(reading: Reading, row: Columns): Promise<PlatformHere> {
  const { id, name, root, status, application, version, scan } = row;
  return {
    platform: { id, name, root, status, application, version },
    scan,
    server: await serverRow(reading, row.serverId),
    http: await serviceRow(reading, row.httpServiceId),
  };
}

export const platformHere = async (reading: Reading, id: string): Promise<PlatformHere> =>
  hereOf(reading, await columnsOf(reading, id));

export async function platformRows(reading: Reading, id: string): Promise<PlatformRows> {
  const { db } = reading;
  const row = await columnsOf(reading, id);
  const { rows } = await sql<{ directory: string }>`
    select directory from site where platform_id = ${id} and status <> 'deleted'`.execute(db);
  const { source, tree, isBuilt, sitesFound } = row;
  const bytesMax = (await settingValue(db, 'platform.build-mib-max')) * 1024 * 1024;
  const filesMax = await settingValue(db, 'platform.build-files-max');
  return {
    ...(await hereOf(reading, row)),
    build: { source, tree, isBuilt, limits: { bytesMax, filesMax } },
    siteDirectories: rows.map(({ directory }) => directory),
    sitesFound: sitesFound.map(({ directory }) => directory),
  };
}
