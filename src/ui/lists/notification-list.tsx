import type { ReactNode } from 'react';
import { Way } from '../account/way.tsx';
import type { Column } from '../list/columns.ts';
import type { Item } from '../list/endpoint-list.ts';
import { List } from '../list/list.tsx';
import { To } from '../parts/links.tsx';
import { Pill } from '../parts/pill.tsx';
import { Time } from '../parts/time.tsx';
import { text as current, useText } from '../text/text.ts';

type Sent = Item<'notification list'>;

const columns: readonly Column<Sent>[] = [
  { id: 'at', title: ({ fields }) => fields.at, min: 110, grow: 0.7, show: ({ createdAt }) => <Time at={createdAt} /> },
  {
    id: 'status',
    title: ({ fields }) => fields.status,
    min: 100,
    grow: 0.5,
    show: ({ status }) => <Pill status={status} />,
  },
  { id: 'kind', title: ({ fields }) => fields.what, min: 120, show: ({ kind }) => kindTitle(kind) },
  {
    id: 'way',
    title: ({ fields }) => fields.means,
    min: 110,
    show: (sent) => <Way of={sent} />,
  },
  {
    id: 'subject',
    title: ({ fields }) => fields.subject,
    min: 130,
    grow: 2,
    show: ({ task, batch, subject }) => (
      <span className="two">
        {subject}
        {task !== null && <To noun="task" name={task}>{`${current().fields.task} ${task}`}</To>}
        {batch !== null && <To noun="batch" name={batch}>{`${current().fields.batch} ${batch}`}</To>}
      </span>
    ),
  },
  {
    id: 'problem',
    title: ({ fields }) => fields.problem,
    min: 140,
    grow: 2,
    show: ({ problem }) => <span title={problem?.hint ?? undefined}>{problem?.message}</span>,
  },
  {
    id: 'attempts',
    title: ({ told }) => told.attempts,
    min: 70,
    grow: 0.3,
    isExtra: true,
    show: ({ attempts }) => attempts,
  },
];

function kindTitle(kind: string): string {
  const { kinds, testKind } = current().told;
  if (kind === 'test') return testKind;
  return kind in kinds ? kinds[kind as keyof typeof kinds].title : kind; // just looked up
}

/** What was sent to an account in the last month, and what became of it. */
export function NotificationList({ account }: { account: string }): ReactNode {
  const text = useText();
  return (
    <List
      name="notification list"
      title={text.told.sent}
      fixed={{ account }}
      columns={columns}
      keyOf={({ id }) => id}
      icon="wait"
      none={text.told.nothingSent}
    />
  );
}
