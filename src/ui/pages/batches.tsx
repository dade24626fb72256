import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { often } from '../hub.ts';
import type { Column } from '../list/columns.ts';
import type { Item } from '../list/endpoint-list.ts';
import { List } from '../list/list.tsx';
import { Page } from '../parts/page.tsx';
import { Pill } from '../parts/pill.tsx';
import { Time, Took } from '../parts/time.tsx';
import { titleOf } from '../task/title.ts';
import { text as current, useText } from '../text/text.ts';

const columns: readonly Column<Item<'batch list'>>[] = [
  {
    id: 'title',
    title: ({ fields }) => fields.batch,
    min: 160,
    grow: 2,
    show: ({ id, title, name }) => (
      <span className="two">
        <Link to="/batches/$batch" params={{ batch: id }}>
          {titleOf({ name: title, title }, current().tasks)}
        </Link>
        {title !== name && <span className="dim">{titleOf({ name, title: name }, current().tasks)}</span>}
      </span>
    ),
  },
  {
    id: 'status',
    title: ({ fields }) => fields.status,
    min: 96,
    grow: 0.5,
    show: ({ status }) => <Pill status={status} />,
  },
  {
    id: 'done',
    title: ({ fields }) => fields.members,
    min: 90,
    show: ({ counts, members }) => <span className="number">{current().batch.of(counts['done'] ?? 0, members)}</span>,
  },
  {
    id: 'failed',
    title: ({ fields }) => fields.failures,
    min: 70,
    grow: 0.5,
    show: ({ counts }) => (
      <span className="number">{(counts['failed'] ?? 0) + (counts['stuck'] ?? 0) + (counts['refused'] ?? 0)}</span>
    ),
  },
  {
    id: 'created',
    title: ({ fields }) => fields.createdAt,
    min: 110,
    show: ({ createdAt }) => <Time at={createdAt} />,
  },
  {
    id: 'took',
    title: ({ fields }) => fields.took,
    min: 90,
    grow: 0.5,
    show: ({ createdAt, endedAt }) => <Took from={createdAt} to={endedAt} />,
  },
  { id: 'account', title: ({ fields }) => fields.account, min: 90, grow: 0.5, show: ({ account }) => account ?? '' },
];

export function Batches(): ReactNode {
  const text = useText();
  return (
    <Page title={text.nav.batches}>
      <List
        name="batch list"
        title={text.nav.batches}
        columns={columns}
        keyOf={({ id }) => id}
        icon="batch"
        none={text.batch.none}
        everyMs={often}
      />
    </Page>
  );
}
