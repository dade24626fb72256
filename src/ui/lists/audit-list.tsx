import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { urlOf } from '../../api/call.ts';
import type { Column } from '../list/columns.ts';
import { type Item, queryFrom } from '../list/endpoint-list.ts';
import { List } from '../list/list.tsx';
import { type Search, useAddress } from '../list/search.ts';
import { Icon } from '../parts/icon.tsx';
import { To } from '../parts/links.tsx';
import { Pill } from '../parts/pill.tsx';
import { Time } from '../parts/time.tsx';
import { text as current, useText } from '../text/text.ts';

type Audited = Item<'audit list'>;

const columns: readonly Column<Audited>[] = [
  { id: 'at', title: ({ fields }) => fields.at, min: 84, grow: 0.7, show: ({ at }) => <Time at={at} /> },
  {
    id: 'account',
    title: ({ fields }) => fields.account,
    min: 90,
    show: ({ account, by }) => (
      <span className="two">
        {account}
        {by !== null && <span className="dim">{current().audit.by(by)}</span>}
      </span>
    ),
  },
  { id: 'what', title: ({ fields }) => fields.what, min: 110, show: (one) => <What of={one} /> },
  {
    id: 'subject',
    title: ({ fields }) => fields.subject,
    min: 140,
    grow: 2,
    show: ({ noun, subject }) => subject && <To noun={noun ?? ''} name={subject} />,
  },
  {
    id: 'result',
    title: ({ fields }) => fields.result,
    min: 92,
    grow: 0.5,
    show: ({ result }) => <Pill status={result} />,
  },
  {
    id: 'client',
    title: ({ fields }) => fields.client,
    min: 90,
    show: ({ client }) => client && <To noun="client" name={client} />,
  },
  { id: 'address', title: ({ fields }) => fields.address, min: 110, show: ({ address }) => <code>{address}</code> },
  { id: 'means', title: ({ fields }) => fields.means, min: 90, isExtra: true, show: ({ means }) => means },
  { id: 'code', title: ({ fields }) => fields.problem, min: 110, isExtra: true, show: ({ code }) => code ?? '' },
];

/** The task that was asked for says more than that one was; the fields that were changed stand below. */
function What({ of: { what, details } }: { of: Audited }): ReactNode {
  const { task, fields } = details;
  return (
    <span className="two">
      {typeof task === 'string' ? task : what}
      {Array.isArray(fields) && fields.length > 0 && <span className="dim">{fields.join(', ')}</span>}
    </span>
  );
}

/** Who did what; what is to be seen of it can be had as a file too. */
export function AuditList({ fixed = {} }: { fixed?: Search }): ReactNode {
  const text = useText();
  const [search] = useAddress();
  const query = { ...queryFrom('audit list', search), ...fixed };
  return (
    <List
      name="audit list"
      title={text.nav.audit}
      fixed={fixed}
      columns={columns}
      keyOf={({ id }) => id}
      icon="audit"
      none={text.audit.none}
      actions={(['csv', 'jsonl'] as const).map((format) => (
        <Button
          key={format}
          component="a"
          href={urlOf('audit export', {}, { ...query, format })}
          download
          variant="default"
          leftSection={<Icon name="download" size={14} />}
        >
          {text.audit.formats[format]}
        </Button>
      ))}
    />
  );
}
