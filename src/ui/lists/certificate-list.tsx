import type { ReactNode } from 'react';
import type { Column } from '../list/columns.ts';
import type { Item } from '../list/endpoint-list.ts';
import { List } from '../list/list.tsx';
import { To } from '../parts/links.tsx';
import { Pill } from '../parts/pill.tsx';
import { Time } from '../parts/time.tsx';
import { text as current, useText } from '../text/text.ts';

const columns: readonly Column<Item<'certificate list'>>[] = [
  {
    id: 'name',
    title: ({ fields }) => fields.certificate,
    min: 150,
    show: ({ name }) => <To noun="certificate" name={name} />,
  },
  {
    id: 'status',
    title: ({ fields }) => fields.status,
    min: 100,
    grow: 0.5,
    show: ({ status, leftOut }) => (
      <span className="two">
        <Pill status={status} />
        {leftOut.length > 0 && <span className="dim">{current().certificate.leftOutCount(leftOut.length)}</span>}
      </span>
    ),
  },
  {
    id: 'covered',
    title: ({ fields }) => fields.names,
    min: 180,
    grow: 2,
    show: ({ covered, names }) => (covered.length > 0 ? covered : (names ?? [])).join(', '),
  },
  { id: 'issuer', title: ({ fields }) => fields.issuer, min: 120, show: ({ issuer }) => issuer },
  {
    id: 'expires',
    title: ({ fields }) => fields.notAfter,
    min: 110,
    show: ({ notAfter }) => notAfter !== null && <Time at={notAfter} />,
  },
  {
    id: 'sites',
    title: ({ fields }) => fields.sites,
    min: 70,
    grow: 0.5,
    show: ({ sites }) => <span className="number">{sites.length.toLocaleString()}</span>,
  },
  {
    id: 'client',
    title: ({ fields }) => fields.client,
    min: 100,
    show: ({ client }) => <To noun="client" name={client} />,
  },
];

export function CertificateList(): ReactNode {
  const text = useText();
  return (
    <List
      name="certificate list"
      title={text.nav.certificates}
      columns={columns}
      keyOf={({ id }) => id}
      icon="certificate"
      none={text.certificate.none}
    />
  );
}
