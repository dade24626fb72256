import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Column } from '../list/columns.ts';
import type { Item } from '../list/endpoint-list.ts';
import { List } from '../list/list.tsx';
import { To } from '../parts/links.tsx';
import { Pill } from '../parts/pill.tsx';
import { useText } from '../text/text.ts';

interface Named {
  readonly name: string;
  readonly title: string;
  readonly type: string;
}
const name = {
  id: 'name',
  title: ({ fields }: { fields: { name: string } }) => fields.name,
  min: 140,
  grow: 2,
  show: (item: Named) => (
    <span className="two">
      <Link to="/packages/$name" params={{ name: item.name }}>
        {item.name}
      </Link>
      {item.title !== item.name && <span className="dim">{item.title}</span>}
    </span>
  ),
};
const type = {
  id: 'type',
  title: ({ fields }: { fields: { type: string } }) => fields.type,
  min: 80,
  grow: 0.5,
  show: (item: Named) => item.type,
};
const version = {
  id: 'version',
  title: ({ fields }: { fields: { version: string } }) => fields.version,
  min: 80,
  show: (item: { version: string | null }) => item.version ?? <span className="dim">–</span>,
};

const onOff = (isOn: boolean): ReactNode => <Pill status={isOn ? 'enabled' : 'disabled'} />;

const ofSite: readonly Column<Item<'site packages'>>[] = [
  name,
  version,
  { id: 'enabled', title: ({ fields }) => fields.status, min: 90, grow: 0.5, show: ({ enabled }) => onOff(enabled) },
  type,
  { id: 'path', title: ({ fields }) => fields.path, min: 160, grow: 2, show: ({ path }) => <code>{path}</code> },
];

export function SitePackages({ site }: { site: string }): ReactNode {
  const text = useText();
  return (
    <List
      name="site packages"
      params={{ name: site }}
      title={text.nav.packages}
      columns={ofSite}
      keyOf={(one) => `${one.type} ${one.name}`}
      icon="package"
      none={text.package.noneOnSite}
    />
  );
}

const ofPlatform: readonly Column<Item<'platform packages'>>[] = [
  name,
  version,
  {
    id: 'sites',
    title: ({ fields }) => fields.sites,
    min: 60,
    grow: 0.4,
    show: ({ sites }) => <span className="number">{sites}</span>,
  },
  type,
  { id: 'path', title: ({ fields }) => fields.path, min: 160, grow: 2, show: ({ path }) => <code>{path}</code> },
];

export function PlatformPackages({ platform }: { platform: string }): ReactNode {
  const text = useText();
  return (
    <List
      name="platform packages"
      params={{ name: platform }}
      title={text.nav.packages}
      columns={ofPlatform}
      keyOf={(one) => `${one.type} ${one.name} ${one.path} ${one.version}`}
      icon="package"
      none={text.package.noneOnPlatform}
    />
  );
}

const anywhere: readonly Column<Item<'package list'>>[] = [
  name,
  {
    id: 'versions',
    title: ({ fields }) => fields.versions,
    min: 120,
    grow: 2,
    show: ({ versions }) => versions.join(', '),
  },
  {
    id: 'sites',
    title: ({ fields }) => fields.sites,
    min: 60,
    grow: 0.4,
    show: ({ sites }) => <span className="number">{sites}</span>,
  },
  {
    id: 'platforms',
    title: ({ fields }) => fields.platforms,
    min: 70,
    grow: 0.4,
    show: ({ platforms }) => <span className="number">{platforms}</span>,
  },
  type,
  {
    id: 'application',
    title: ({ fields }) => fields.application,
    min: 90,
    grow: 0.5,
    show: ({ application }) => application,
  },
];

export function PackageList(): ReactNode {
  const text = useText();
  return (
    <List
      name="package list"
      title={text.nav.packages}
      columns={anywhere}
      keyOf={(one) => `${one.application} ${one.type} ${one.name}`}
      icon="package"
      none={text.package.none}
    />
  );
}

const withPackage: readonly Column<Item<'package sites'>>[] = [
  {
    id: 'site',
    title: ({ fields }) => fields.site,
    min: 150,
    grow: 2,
    show: ({ site }) => <To noun="site" name={site} />,
  },
  version,
  { id: 'enabled', title: ({ fields }) => fields.status, min: 90, grow: 0.5, show: ({ enabled }) => onOff(enabled) },
  {
    id: 'platform',
    title: ({ fields }) => fields.platform,
    min: 90,
    show: ({ platform }) => <To noun="platform" name={platform} />,
  },
  { id: 'path', title: ({ fields }) => fields.path, min: 160, grow: 2, show: ({ path }) => <code>{path}</code> },
];

export function PackageSites({ name: of }: { name: string }): ReactNode {
  const text = useText();
  return (
    <List
      name="package sites"
      params={{ package: of }}
      title={text.nav.sites}
      columns={withPackage}
      keyOf={(one) => `${one.site} ${one.application} ${one.type}`}
      icon="package"
      none={text.package.noSites}
    />
  );
}
