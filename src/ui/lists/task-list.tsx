import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { often } from '../hub.ts';
import type { Column } from '../list/columns.ts';
import type { Item } from '../list/endpoint-list.ts';
import { List } from '../list/list.tsx';
import type { Search } from '../list/search.ts';
import { To } from '../parts/links.tsx';
import { Pill } from '../parts/pill.tsx';
import { Time, Took } from '../parts/time.tsx';
import { titleOf } from '../task/title.ts';
import { text as current, useText } from '../text/text.ts';

type Task = Item<'task list'>;

const columns: readonly Column<Task>[] = [
  {
    id: 'task',
    title: ({ fields }) => fields.task,
    sort: 'name',
    min: 160,
    grow: 2,
    show: (task) => (
      <Link to="/tasks/$task" params={{ task: task.id }}>
        {titleOf(task, current().tasks)}
        {task.dryRun && ` (${current().task.dryRunShort})`}
      </Link>
    ),
  },
  {
    id: 'status',
    title: ({ fields }) => fields.status,
    sort: 'status',
    min: 92,
    grow: 0.5,
    show: ({ status }) => <Pill status={status} />,
  },
  {
    id: 'subject',
    title: ({ fields }) => fields.subject,
    sort: 'subject',
    min: 140,
    grow: 2,
    show: ({ subject }) => <To noun={subject.noun} name={subject.name} />,
  },
  {
    id: 'created',
    title: ({ fields }) => fields.createdAt,
    sort: 'created',
    min: 110,
    show: ({ createdAt }) => <Time at={createdAt} />,
  },
  {
    id: 'took',
    title: ({ fields }) => fields.took,
    min: 84,
    grow: 0.5,
    show: ({ startedAt, endedAt }) => <Took from={startedAt} to={endedAt} />,
  },
  { id: 'account', title: ({ fields }) => fields.account, min: 84, grow: 0.5, show: ({ account }) => account ?? '' },
  {
    id: 'id',
    title: ({ fields }) => fields.id,
    sort: 'id',
    min: 60,
    grow: 0.3,
    show: ({ id }) => <span className="number">{id}</span>,
  },
  { id: 'worker', title: ({ fields }) => fields.worker, min: 100, isExtra: true, show: ({ worker }) => worker ?? '' },
  {
    id: 'problem',
    title: ({ fields }) => fields.problem,
    min: 160,
    grow: 2,
    isExtra: true,
    show: ({ problem }) => messageOf(problem),
  },
];

const messageOf = (problem: unknown): string =>
  typeof problem === 'object' && problem !== null && 'message' in problem ? String(problem.message) : '';

export function TaskList({ fixed = {} }: { fixed?: Search }): ReactNode {
  const text = useText();
  return (
    <List
      name="task list"
      title={text.nav.tasks}
      fixed={fixed}
      columns={columns}
      keyOf={({ id }) => id}
      icon="task"
      none={text.task.none}
      everyMs={often}
    />
  );
}
