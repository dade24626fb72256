import { type RawBuilder, sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import { compareVersions } from '../model/version.ts';
import type { Handler, Reader } from './hub.ts';
import { byName, contains, equals, listPage } from './list.ts';
import { resolve } from './resolve.ts';
import { visible } from './visible.ts';

/** And no copy of one that a task works on. */
const isSite = sql`site.status <> 'deleted' and site.copy_of is null`;

/** Whether a query's word says so; undefined: all. */
const isTrue = (word: 'true' | 'false' | undefined): boolean | undefined => word && word === 'true';

const onPlatform: Handler<'platform packages'> = async ({ params, query }, asked) => {
  const { tx, caller } = asked;
  const { id } = await resolve(asked, 'platform', params.name);
  // Counted once for all of its packages: counting for each of them looks at each of its sites each time.
  const using = sql`left join (select package_id, count(*)::int as sites
      from package_on_site join site on site.id = package_on_site.site_id
      where package_on_site.enabled and site.platform_id = ${id} and ${isSite} and ${visible('site', caller)}
      group by package_id) used on used.package_id = package.id`;
  const { items, ...page } = await listPage<Answer<'platform packages'>['items'][number]>(
    tx,
    {
      columns: sql`package.type, package.name, package.title, release.version,
        release.schema_version::text as schema_version, release.core_compatibility, instance.php, instance.path,
        instance.hidden, instance.of_profile, coalesce(used.sites, 0) as sites`,
      from: sql`instance join release on release.id = instance.release_id
        join package on package.id = release.package_id ${using}`,
      where: [
        sql`instance.platform_id = ${id}`,
        equals('package.type', query.type),
        query.enabled === undefined ? null : sql`(used.sites is not null) = ${isTrue(query.enabled)}`,
        contains(['package.name', 'package.title'], query.q),
      ],
      keys: [
        { column: 'package.name', type: 'text' },
        { column: 'instance.path', type: 'text' },
        { column: 'release.id', type: 'bigint' },
      ],
    },
    query,
  );
  return { ...page, items: [...items] };
};

/**
 * Joins `used`: the copy that a site uses of a package, of several the one that `packagesInUse` of model/package.ts would choose.
 * `package` and `site` must be in the query.
 */
const used = sql`left join lateral (
    ${copies(sql`instance.platform_id = site.platform_id`, false)} union all ${copies(sql`instance.site_id = site.id`, true)}
    order by own desc, precedence desc limit 1) used on true`;

/** One half for each index. */
function copies(lies: RawBuilder<unknown>, own: boolean): RawBuilder<unknown> {
  return sql`
    select release.id, release.version, instance.path, instance.precedence, ${own}::boolean as own
    from release join instance on instance.release_id = release.id and ${lies}
    where release.package_id = package.id and (instance.of_profile is null or instance.of_profile = site.profile)`;
}

const usedColumns = sql`package_on_site.enabled, package_on_site.is_default as "default",
  package_on_site.schema_version::text as schema_version, used.version, used.path, coalesce(used.own, false) as own`;

const onSite: Handler<'site packages'> = async ({ params, query }, asked) => {
  const { tx } = asked;
  const { id } = await resolve(asked, 'site', params.name);
  const { items, ...page } = await listPage<Answer<'site packages'>['items'][number]>(
    tx,
    {
      columns: sql`package.type, package.name, package.title, ${usedColumns}`,
      from: sql`package_on_site join package on package.id = package_on_site.package_id
        join site on site.id = package_on_site.site_id ${used}`,
      where: [
        sql`package_on_site.site_id = ${id}`,
        equals('package.type', query.type),
        equals('package_on_site.enabled', isTrue(query.enabled)),
        contains(['package.name', 'package.title'], query.q),
      ],
      keys: byName('package'),
    },
    query,
  );
  return { ...page, items: [...items] };
};

const list: Handler<'package list'> = async ({ query }, { tx, caller }) => {
  // Of what one may not see not even the version is told.
  const seenSites = sql`select site.id from site where ${visible('site', caller)}`;
  const seenPlatforms = sql`select platform.id from platform where ${visible('platform', caller)}`;
  const instances = sql`release join instance on instance.release_id = release.id where release.package_id = package.id
    and (instance.platform_id in (${seenPlatforms}) or instance.site_id in (${seenSites}))`;
  const onSites = sql`package_on_site where package_on_site.package_id = package.id
    and package_on_site.site_id in (${seenSites})`;
  const { items, ...page } = await listPage<Answer<'package list'>['items'][number]>(
    tx,
    {
      columns: sql`package.application, package.type, package.name, package.title,
        array(select distinct release.version from ${instances} and release.version is not null order by 1) as versions,
        (select count(distinct instance.platform_id)::int from ${instances}) as platforms,
        (select count(*)::int from package_on_site join site on site.id = package_on_site.site_id
          where package_id = package.id and enabled and ${isSite} and ${visible('site', caller)}) as sites`,
      from: sql`package`,
      where: [
        // Of what was deleted since, or never was more than the name of something missing, there is nothing to show.
        sql`(exists (select from ${instances}) or exists (select from ${onSites}))`,
        equals('package.type', query.type),
        equals('package.application', query.application),
        contains(['package.name', 'package.title'], query.q),
      ],
      keys: byName('package'),
    },
    query,
  );
  return { ...page, items: [...items] };
};

/** The question of every security release. */
const sites: Handler<'package sites'> = async ({ params, query }, { tx, caller }) => {
  const { items, ...page } = await listPage<Answer<'package sites'>['items'][number]>(
    tx,
    {
      columns: sql`site.name as site, platform.name as platform, package.application, package.type, ${usedColumns}`,
      from: sql`package join package_on_site on package_on_site.package_id = package.id
        join site on site.id = package_on_site.site_id join platform on platform.id = site.platform_id ${used}`,
      where: [
        visible('site', caller),
        sql`package.name = ${params.package} and ${isSite}`,
        equals('package.type', query.type),
        equals('package.application', query.application),
        equals('package_on_site.enabled', isTrue(query.enabled)),
        equals('used.version', query.version),
        await olderThan(tx, params.package, query.below),
        contains(['site.name'], query.q),
      ],
      keys: [
        { column: 'site.name', type: 'text' },
        { column: 'site.id', type: 'bigint' },
        { column: 'package.id', type: 'bigint' },
      ],
    },
    query,
  );
  return { ...page, items: [...items] };
};

/** SQL cannot order versions, but a package has few. What cannot be compared may be older, and must not be overlooked. */
async function olderThan(tx: Reader, name: string, below: string | undefined): Promise<RawBuilder<unknown> | null> {
  if (below === undefined) return null;
  const { rows } = await sql<{ id: string; version: string | null }>`
    select release.id, release.version from release join package on package.id = release.package_id
    where package.name = ${name}`.execute(tx);
  const isNewer = (version: string | null): boolean => version !== null && (compareVersions(version, below) ?? -1) >= 0;
  const newer = rows.filter(({ version }) => isNewer(version)).map(({ id }) => id);
  return sql`(used.id is null or used.id <> all (${newer}::bigint[]))`;
}

export const packageHandlers = {
  'platform packages': onPlatform,
  'site packages': onSite,
  'package list': list,
  'package sites': sites,
};
