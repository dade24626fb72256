import { type Kysely, sql } from 'kysely';
import { type ComparedPlatform, type ComparedSite, type Comparison, compare, refusalOf } from '../model/comparison.ts';
import type { PackageFound, PackageOnSite } from '../model/package.ts';
import type { PlatformStatus } from '../model/platform.ts';
import type { Hub } from './hub.ts';
import { one } from './rows.ts';
import { drivers } from './site-platform.ts';
import type { Tables } from './tables.ts';

/** Where sites would go. */
export interface Target {
  readonly platformId: string;
  /** The db service that they would have; unless given, the one that each has. */
  readonly dbServiceId?: string | undefined;
}

/**
 * Throws the Problem with all reasons why a site cannot be moved or copied to a platform, as far as the hub's rows say. For who
 * adds such a task; the task looks for itself before it begins (`mustFit` in tasks/comparison.ts).
 */
export async function mustFitByRows(
  tx: Kysely<Tables>,
  hub: Pick<Hub, 'catalog'>,
  siteId: string,
  target: Target,
): Promise<void> {
  const { platform, comparisons } = await compareByRows(tx, hub, [siteId], target);
  const { site, comparison } = one(comparisons, `there is no site ${siteId}`);
  const refused = refusalOf(site.name, platform.name, comparison);
  if (refused) throw refused;
}

export interface ComparedByRows {
  readonly platform: ComparedPlatform;
  /** In the order of the given ids; without those that are not there. */
  readonly comparisons: readonly {
    readonly site: ComparedSite & { readonly id: string; readonly platform: string };
    readonly comparison: Comparison;
  }[];
}

/** Sites with one platform: five queries, however many there are. */
export async function compareByRows(
  tx: Kysely<Tables>,
  { catalog }: Pick<Hub, 'catalog'>,
  siteIds: readonly string[],
  { platformId, dbServiceId }: Target,
): Promise<ComparedByRows> {
  const target = one(await platformRows(tx, [platformId]), `there is no platform ${platformId}`);
  const sites = await siteRows(tx, siteIds, dbServiceId);
  const present = new Map(
    (await platformRows(tx, [...new Set(sites.map((site) => site.platformId))])).map((row) => [row.id, row]),
  );
  const packages = await packagesOnSites(tx, siteIds);
  const rules = catalog.applications.find(({ name }) => name === target.application) ?? null;
  const platform = comparedPlatform(target);
  const comparisons = sites.map((row) => {
    const site = comparedSite(row, present.get(row.platformId), packages.get(row.id) ?? []);
    return { site, comparison: compare(site, platform, rules) };
  });
  return { platform, comparisons };
}

interface PlatformRow {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly application: string | null;
  readonly version: string | null;
  readonly isVerified: boolean;
  /** Null: not scanned since packages are known as they are now. */
  readonly packages: readonly PackageFound[] | null;
  readonly php: string | null;
}

async function platformRows(tx: Kysely<Tables>, ids: readonly string[]): Promise<readonly PlatformRow[]> {
  const { rows } = await sql<PlatformRow>`
    select platform.id, platform.name, platform.status, platform.application, platform.version,
           platform.verified_at is not null as is_verified, server.diagnosis ->> 'php' as php,
           case when platform.scan ? 'scanner' then platform.scan -> 'packages' end as packages
    from platform join server on server.id = platform.server_id
    where platform.id = any (${[...ids]}::bigint[])`.execute(tx);
  return rows;
}

const comparedPlatform = ({ packages, status, isVerified, ...row }: PlatformRow): ComparedPlatform => ({
  ...row,
  status: status as PlatformStatus, // checked by the column
  isVerified: isVerified && packages !== null,
  packages: packages ?? [],
});

interface SiteRow {
  readonly id: string;
  readonly name: string;
  readonly profile: string;
  readonly platformId: string;
  readonly engine: string;
  readonly serverVersion: string | null;
  readonly own: readonly PackageFound[] | null;
}

async function siteRows(
  tx: Kysely<Tables>,
  ids: readonly string[],
  dbServiceId: string | undefined,
): Promise<readonly SiteRow[]> {
  const { rows } = await sql<SiteRow>`
    select site.id, site.name, site.profile, site.platform_id, service.engine, service.version as server_version,
           site.scan -> 'packages' as own
    from site join service on service.id = coalesce(${dbServiceId ?? null}::bigint, site.db_service_id)
    where site.id = any (${[...ids]}::bigint[])
    order by array_position(${[...ids]}::bigint[], site.id)`.execute(tx);
  return rows;
}

async function packagesOnSites(
  tx: Kysely<Tables>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly PackageOnSite[]>> {
  const { rows } = await sql<PackageOnSite & { readonly siteId: string }>`
    select package_on_site.site_id, package.type, package.name, package_on_site.enabled,
           package_on_site.schema_version::float8 as schema_version, package_on_site.is_default
    from package_on_site join package on package.id = package_on_site.package_id
    where package_on_site.site_id = any (${[...ids]}::bigint[])`.execute(tx);
  return Map.groupBy(rows, ({ siteId }) => siteId);
}

function comparedSite(
  { id, name, profile, engine, serverVersion, own }: SiteRow,
  present: PlatformRow | undefined,
  packages: readonly PackageOnSite[],
): ComparedByRows['comparisons'][number]['site'] {
  return {
    ...{ id, name, profile, platform: present?.name ?? '', own: own ?? [], around: present?.packages ?? [] },
    application: present?.application ?? null,
    version: present?.version ?? null,
    // What lies in its own directory is not known: so it is not known what it has.
    packages: own === null ? [] : packages,
    database: { driver: drivers[engine] ?? null, server: serverVersion },
  };
}
