import { useQuery } from '@tanstack/react-query';
import { type ComponentProps, lazy, type ReactNode, Suspense } from 'react';
import { asks } from '../hub.ts';
import type { Column } from '../list/columns.ts';
import type { Item } from '../list/endpoint-list.ts';
import { List } from '../list/list.tsx';
import type { Search } from '../list/search.ts';
import { To } from '../parts/links.tsx';
import { may } from '../parts/may.ts';
import { New } from '../parts/new.tsx';
import { useText } from '../text/text.ts';
import { created, drifted, named, server, status, verified } from './common-columns.tsx';

const SiteBulk = lazy(async () => ({ default: (await import('./site-bulk.tsx')).SiteBulk }));

type Site = Item<'site list'>;

const columns: readonly Column<Site>[] = [
  named('site', 3),
  status,
  {
    id: 'platform',
    title: ({ fields }) => fields.platform,
    sort: 'platform',
    min: 110,
    show: ({ platform }) => <To noun="platform" name={platform} />,
  },
  {
    id: 'client',
    title: ({ fields }) => fields.client,
    sort: 'client',
    min: 90,
    show: ({ client }) => <To noun="client" name={client} />,
  },
  verified,
  created,
  drifted,
  {
    id: 'profile',
    title: ({ fields }) => fields.profile,
    sort: 'profile',
    min: 90,
    isExtra: true,
    show: ({ profile }) => profile,
  },
  { ...server, isExtra: true },
  {
    id: 'database',
    title: ({ fields }) => fields.database,
    min: 120,
    isExtra: true,
    show: ({ database }) => `${database.name} (${database.engine})`,
  },
  {
    id: 'aliases',
    title: ({ fields }) => fields.aliases,
    min: 120,
    isExtra: true,
    show: ({ aliases }) => aliases.map(({ name }) => name).join(', '),
  },
  { id: 'language', title: ({ fields }) => fields.language, min: 60, isExtra: true, show: ({ language }) => language },
];

const bulk: NonNullable<ComponentProps<typeof List<'site list'>>['bulk']> = (selection, query, total, clear) => (
  <Suspense>
    <SiteBulk {...{ selection, query, total, clear }} />
  </Suspense>
);

/** Sites, all or those of a platform, client or server. */
export function SiteList({ fixed = {} }: { fixed?: Search }): ReactNode {
  const text = useText();
  const platforms = useQuery({ ...asks('platform list', { query: { limit: 1 } }), enabled: may('platform list') });
  const hasPlatform = (platforms.data?.total ?? 1) > 0;
  return (
    <List
      name="site list"
      title={text.nav.sites}
      fixed={fixed}
      columns={columns}
      keyOf={({ name }) => name}
      icon="site"
      none={hasPlatform ? text.site.none : text.site.noPlatform}
      next={hasPlatform ? <New noun="site" {...fixed} /> : <New noun="platform" />}
      {...(may('batch create') ? { bulk } : {})}
    />
  );
}
