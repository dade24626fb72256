import type { ReactNode } from 'react';
import type { Column } from '../list/columns.ts';
import type { Item } from '../list/endpoint-list.ts';
import { List } from '../list/list.tsx';
import type { Search } from '../list/search.ts';
import { ButtonLink, To } from '../parts/links.tsx';
import { Pill } from '../parts/pill.tsx';
import { Time } from '../parts/time.tsx';
import { useText } from '../text/text.ts';

const named = (noun: string) => ({
  id: 'name',
  title: ({ fields }: { fields: { name: string } }) => fields.name,
  sort: 'name',
  min: 150,
  grow: 2,
  show: ({ name, title }: { name: string; title: string }) => (
    <span className="two">
      <To noun={noun} name={name} />
      {title !== name && <span className="dim">{title}</span>}
    </span>
  ),
});

const status = {
  id: 'status',
  title: ({ fields }: { fields: { status: string } }) => fields.status,
  sort: 'status',
  min: 96,
  grow: 0.5,
  show: (item: { status: string }) => <Pill status={item.status} />,
};

const platforms: readonly Column<Item<'platform list'>>[] = [
  named('platform'),
  status,
  {
    id: 'version',
    title: ({ fields }) => fields.version,
    sort: 'version',
    min: 110,
    show: ({ application, version }) => [application, version].filter(Boolean).join(' '),
  },
  {
    id: 'sites',
    title: ({ fields }) => fields.sites,
    sort: 'sites',
    min: 60,
    grow: 0.4,
    show: ({ sites }) => <span className="number">{sites}</span>,
  },
  {
    id: 'server',
    title: ({ fields }) => fields.server,
    min: 90,
    show: ({ server }) => <To noun="server" name={server} />,
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
    isExtra: true,
    show: ({ createdAt }) => <Time at={createdAt} />,
  },
  {
    id: 'root',
    title: ({ fields }) => fields.root,
    min: 200,
    grow: 2,
    isExtra: true,
    show: ({ root }) => <code>{root}</code>,
  },
];

export function PlatformList({ fixed = {} }: { fixed?: Search }): ReactNode {
  const text = useText();
  const create = <ButtonLink to="/platforms/new">{text.platform.create}</ButtonLink>;
  return (
    <List
      name="platform list"
      title={text.nav.platforms}
      fixed={fixed}
      columns={platforms}
      keyOf={({ id }) => id}
      icon="platform"
      none={text.platform.none}
      next={create}
    />
  );
}

const servers: readonly Column<Item<'server list'>>[] = [
  named('server'),
  status,
  {
    id: 'services',
    title: ({ fields }) => fields.services,
    min: 140,
    grow: 2,
    show: ({ services }) => services.map(({ type, engine }) => `${type}: ${engine}`).join(', '),
  },
  { id: 'host', title: ({ fields }) => fields.host, sort: 'host', min: 100, show: ({ host }) => host },
  {
    id: 'verified',
    title: ({ fields }) => fields.verifiedAt,
    sort: 'verified',
    min: 110,
    show: ({ verifiedAt }) => <Time at={verifiedAt} />,
  },
];

export function ServerList(): ReactNode {
  const text = useText();
  const create = <ButtonLink to="/servers/new">{text.server.create}</ButtonLink>;
  return (
    <List
      name="server list"
      title={text.nav.servers}
      columns={servers}
      keyOf={({ id }) => id}
      icon="server"
      none={text.server.none}
      next={create}
    />
  );
}

const clients: readonly Column<Item<'client list'>>[] = [
  named('client'),
  status,
  {
    id: 'sites',
    title: ({ fields }) => fields.sites,
    sort: 'sites',
    min: 60,
    grow: 0.4,
    show: ({ sites }) => <span className="number">{sites}</span>,
  },
  { id: 'email', title: ({ fields }) => fields.email, min: 140, show: ({ email }) => email ?? '' },
  {
    id: 'created',
    title: ({ fields }) => fields.createdAt,
    sort: 'created',
    min: 110,
    show: ({ createdAt }) => <Time at={createdAt} />,
  },
];

export function ClientList(): ReactNode {
  const text = useText();
  const create = <ButtonLink to="/clients/new">{text.client.create}</ButtonLink>;
  return (
    <List
      name="client list"
      title={text.nav.clients}
      columns={clients}
      keyOf={({ id }) => id}
      icon="client"
      none={text.client.none}
      next={create}
    />
  );
}

const accounts: readonly Column<Item<'account list'>>[] = [
  {
    id: 'name',
    title: ({ fields }) => fields.name,
    sort: 'name',
    min: 120,
    grow: 2,
    show: ({ name }) => <To noun="account" name={name} />,
  },
  status,
  { id: 'email', title: ({ fields }) => fields.email, min: 140, show: ({ email }) => email ?? '' },
  {
    id: 'created',
    title: ({ fields }) => fields.createdAt,
    sort: 'created',
    min: 110,
    show: ({ createdAt }) => <Time at={createdAt} />,
  },
];

export function AccountList(): ReactNode {
  const text = useText();
  const create = <ButtonLink to="/accounts/new">{text.account.create}</ButtonLink>;
  return (
    <List
      name="account list"
      title={text.nav.accounts}
      columns={accounts}
      keyOf={({ id }) => id}
      icon="account"
      none={text.account.none}
      next={create}
    />
  );
}
