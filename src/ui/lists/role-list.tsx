import type { ReactNode } from 'react';
import type { Column } from '../list/columns.ts';
import type { Item } from '../list/endpoint-list.ts';
import { List } from '../list/list.tsx';
import { To } from '../parts/links.tsx';
import { text as current, useText } from '../text/text.ts';

const columns: readonly Column<Item<'role list'>>[] = [
  {
    id: 'name',
    title: ({ fields }) => fields.role,
    min: 150,
    grow: 2,
    show: ({ name, title }) => (
      <span className="two">
        <To noun="role" name={name} />
        {title !== name && <span className="dim">{title}</span>}
      </span>
    ),
  },
  {
    id: 'permissions',
    title: ({ fields }) => fields.permissions,
    min: 110,
    show: ({ permissions }) =>
      permissions.includes('*') ? current().role.all : <span className="number">{permissions.length}</span>,
  },
  {
    id: 'accounts',
    title: ({ nav }) => nav.accounts,
    min: 80,
    grow: 0.5,
    show: ({ accounts }) => <span className="number">{accounts}</span>,
  },
  {
    id: 'builtIn',
    title: ({ fields }) => fields.from1,
    min: 110,
    show: ({ builtIn }) => (builtIn ? current().role.builtIn : current().role.ownMade),
  },
];

export function RoleList(): ReactNode {
  const text = useText();
  return (
    <List
      name="role list"
      title={text.nav.roles}
      columns={columns}
      keyOf={({ id }) => id}
      icon="role"
      none={text.list.noMatch}
    />
  );
}
