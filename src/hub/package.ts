import { sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import type { Handler } from './hub.ts';
import { contains, equals, listPage } from './list.ts';
import { resolve } from './resolve.ts';

const onPlatform: Handler<'platform packages'> = async ({ params, query }, { tx }) => {
  const { id } = await resolve(tx, 'platform', params.name);
  return listPage<Answer<'platform packages'>['items'][number]>(
    tx,
    {
      columns: sql`package.type, package.name, package.title, release.version,
        release.schema_version::text as schema_version, release.core_compatibility, instance.path, instance.hidden`,
      from: sql`instance join release on release.id = instance.release_id
        join package on package.id = release.package_id`,
      where: [
        sql`instance.platform_id = ${id}`,
        equals('package.type', query.type),
        contains(['package.name', 'package.title'], query.q),
      ],
      keys: [
        { column: 'package.name', type: 'text' },
        { column: 'instance.path', type: 'text' },
        { column: 'release.id', type: 'bigint' },
      ],
    },
    query,
  ).then(({ items, ...page }) => ({ ...page, items: [...items] }));
};

const onSite: Handler<'site packages'> = async ({ params, query }, { tx }) => {
  const { id } = await resolve(tx, 'site', params.name);
  const { items, ...page } = await listPage<Answer<'site packages'>['items'][number]>(
    tx,
    {
      columns: sql`package.type, package.name, package.title, package_on_site.enabled,
        package_on_site.schema_version::text as schema_version`,
      from: sql`package_on_site join package on package.id = package_on_site.package_id`,
      where: [
        sql`package_on_site.site_id = ${id}`,
        equals('package.type', query.type),
        equals('package_on_site.enabled', query.enabled && query.enabled === 'true'),
        contains(['package.name', 'package.title'], query.q),
      ],
      keys: [
        { column: 'package.name', type: 'text' },
        { column: 'package.id', type: 'bigint' },
      ],
    },
    query,
  );
  return { ...page, items: [...items] };
};

export const packageHandlers = { 'platform packages': onPlatform, 'site packages': onSite };
