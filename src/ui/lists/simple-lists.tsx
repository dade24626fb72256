import type { ReactNode } from 'react';
import type { Column } from '../list/columns.ts';
import type { Item } from '../list/endpoint-list.ts';
import { List } from '../list/list.tsx';
import type { Search } from '../list/search.ts';
import { To } from '../parts/links.tsx';
import { New } from '../parts/new.tsx';
import { useText } from '../text/text.ts';
import { created, drifted, email, named, server, sites, status, verified } from './common-columns.tsx';

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
  sites,
  server,
  verified,
  drifted,
  { ...created, isExtra: true },
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
  return (
    <List
      name="platform list"
      title={text.nav.platforms}
      fixed={fixed}
      columns={platforms}
      keyOf={({ id }) => id}
      icon="platform"
      none={text.platform.none}
      next={<New noun="platform" />}
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
  verified,
];

export function ServerList(): ReactNode {
  const text = useText();
  return (
    <List
      name="server list"
      title={text.nav.servers}
      columns={servers}
      keyOf={({ id }) => id}
      icon="server"
      none={text.server.none}
      next={<New noun="server" />}
    />
  );
}

const clients: readonly Column<Item<'client list'>>[] = [named('client'), status, sites, email, created];

export function ClientList(): ReactNode {
  const text = useText();
  return (
    <List
      name="client list"
      title={text.nav.clients}
      columns={clients}
      keyOf={({ id }) => id}
      icon="client"
      none={text.client.none}
      next={<New noun="client" />}
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
  email,
  created,
];

export function AccountList(): ReactNode {
  const text = useText();
  return (
    <List
      name="account list"
      title={text.nav.accounts}
      columns={accounts}
      keyOf={({ id }) => id}
      icon="account"
      none={text.account.none}
      next={<New noun="account" />}
    />
  );
}
