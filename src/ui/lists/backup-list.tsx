import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Column } from '../list/columns.ts';
import type { Item } from '../list/endpoint-list.ts';
import { List } from '../list/list.tsx';
import type { Search } from '../list/search.ts';
import { bytes } from '../parts/bytes.ts';
import { To } from '../parts/links.tsx';
import { Pill } from '../parts/pill.tsx';
import { Time } from '../parts/time.tsx';
import { text as current, useText } from '../text/text.ts';

type Backup = Item<'backup list'>;

const looked = (found: Backup['verified']): ReactNode =>
  found === null ? (
    <span className="dim">–</span>
  ) : (
    <Pill status={found.ok ? 'done' : 'failed'}>{found.ok ? current().backup.good : current().backup.bad}</Pill>
  );

const columns: readonly Column<Backup>[] = [
  {
    id: 'created',
    title: ({ fields }) => fields.createdAt,
    sort: 'created',
    min: 120,
    show: ({ name, createdAt }) => (
      <Link to="/backups/$backup" params={{ backup: name }} title={name}>
        <Time at={createdAt} />
      </Link>
    ),
  },
  {
    id: 'status',
    title: ({ fields }) => fields.status,
    min: 92,
    grow: 0.5,
    show: ({ status }) => <Pill status={status} />,
  },
  {
    id: 'site',
    title: ({ fields }) => fields.site,
    sort: 'site',
    min: 140,
    grow: 2,
    show: ({ site, siteName }) => (site === null ? siteName : <To noun="site" name={site} />),
  },
  {
    id: 'bytes',
    title: ({ fields }) => fields.bytes,
    sort: 'bytes',
    min: 70,
    grow: 0.5,
    show: ({ bytes: all }) => <span className="number">{bytes(all)}</span>,
  },
  {
    id: 'reason',
    title: ({ fields }) => fields.reason,
    min: 100,
    show: ({ reason, note }) => (note === '' ? reason : note),
  },
  {
    id: 'verified',
    title: ({ fields }) => fields.verified,
    min: 80,
    grow: 0.5,
    show: ({ verified }) => looked(verified),
  },
  { id: 'tested', title: ({ fields }) => fields.tested, min: 80, grow: 0.5, show: ({ tested }) => looked(tested) },
  {
    id: 'pinned',
    title: ({ fields }) => fields.pinned,
    min: 60,
    grow: 0.3,
    show: ({ pinned }) => (pinned ? current().choices.true : ''),
  },
  {
    id: 'version',
    title: ({ fields }) => fields.version,
    min: 100,
    isExtra: true,
    show: ({ application, version }) => [application, version].filter(Boolean).join(' '),
  },
  {
    id: 'server',
    title: ({ fields }) => fields.server,
    min: 90,
    isExtra: true,
    show: ({ server }) => <To noun="server" name={server} />,
  },
];

export function BackupList({ fixed = {} }: { fixed?: Search }): ReactNode {
  const text = useText();
  return (
    <List
      name="backup list"
      title={text.nav.backups}
      fixed={fixed}
      columns={columns}
      keyOf={({ id }) => id}
      icon="backup"
      none={text.backup.none}
    />
  );
}
