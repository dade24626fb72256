import { useQuery } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense } from 'react';
import { asks } from '../hub.ts';
import type { Column } from '../list/columns.ts';
import type { Item } from '../list/endpoint-list.ts';
import { List } from '../list/list.tsx';
import type { Search } from '../list/search.ts';
import { ButtonLink, To } from '../parts/links.tsx';
import { Pill } from '../parts/pill.tsx';
import { Time } from '../parts/time.tsx';
import { useText } from '../text/text.ts';

const SiteBulk = lazy(async () => ({ default: (await import('./site-bulk.tsx')).SiteBulk }));

type Site = Item<'site list'>;

const columns: readonly Column<Site>[] = [
  {
    id: 'name',
    title: ({ fields }) => fields.name,
    sort: 'name',
    min: 150,
    grow: 3,
    show: ({ name, title }) => (
      <span className="two">
        <To noun="site" name={name} />
        {title !== name && <span className="dim">{title}</span>}
      </span>
    ),
  },
  {
    id: 'status',
    title: ({ fields }) => fields.status,
    sort: 'status',
    min: 96,
    grow: 0.5,
    show: ({ status }) => <Pill status={status} />,
  },
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
  {
    id: 'verified',
    title: ({ fields }) => fields.verifiedAt,
    sort: 'verified',
    min: 110,
    show: ({ verifiedAt }) => <Time at={verifiedAt} />,
  },
  {
    id: 'created',
    title: ({ fields }) => fields.createdAt,
    sort: 'created',
    min: 110,
    show: ({ createdAt }) => <Time at={createdAt} />,
  },
  {
    id: 'profile',
    title: ({ fields }) => fields.profile,
    sort: 'profile',
    min: 90,
    isExtra: true,
    show: ({ profile }) => profile,
  },
  {
    id: 'server',
    title: ({ fields }) => fields.server,
    min: 90,
    isExtra: true,
    show: ({ server }) => <To noun="server" name={server} />,
  },
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

/** Sites, all or those of a platform, client or server. */
export function SiteList({ fixed = {} }: { fixed?: Search }): ReactNode {
  const text = useText();
  const platforms = useQuery(asks('platform list', { query: { limit: 1 } }));
  const hasPlatform = (platforms.data?.total ?? 1) > 0;
  const create = (
    <ButtonLink to={hasPlatform ? '/sites/new' : '/platforms/new'} search={hasPlatform ? fixed : {}}>
      {hasPlatform ? text.site.create : text.platform.create}
    </ButtonLink>
  );
  return (
    <List
      name="site list"
      title={text.nav.sites}
      fixed={fixed}
      columns={columns}
      keyOf={({ name }) => name}
      icon="site"
      none={hasPlatform ? text.site.none : text.site.noPlatform}
      next={create}
      bulk={(selection, query, total, clear) => (
        <Suspense>
          <SiteBulk {...{ selection, query, total, clear }} />
        </Suspense>
      )}
    />
  );
}
