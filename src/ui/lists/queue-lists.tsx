import type { ReactNode } from 'react';
import type { Column } from '../list/columns.ts';
import type { Item } from '../list/endpoint-list.ts';
import { List } from '../list/list.tsx';
import { To } from '../parts/links.tsx';
import { Pill } from '../parts/pill.tsx';
import { Time, Took } from '../parts/time.tsx';
import { text as current, useText } from '../text/text.ts';

/** As a task or a turn keeps it. */
export const messageOf = (problem: unknown): string =>
  typeof problem === 'object' && problem !== null && 'message' in problem ? String(problem.message) : '';

const subject = {
  id: 'subject',
  title: ({ fields }) => fields.subject,
  min: 150,
  grow: 2,
  show: ({ subject: { noun, name } }) => <To noun={noun} name={name} />,
} as const satisfies Column<Pick<Item<'queue turns'>, 'subject'>>;

const problem = {
  id: 'problem',
  title: ({ fields }) => fields.problem,
  min: 150,
  grow: 2,
  show: (one) => messageOf(one.problem),
} as const satisfies Column<Pick<Item<'queue turns'>, 'problem'>>;

const task = {
  id: 'task',
  title: ({ fields }) => fields.task,
  min: 70,
  grow: 0.5,
  isExtra: true,
  show: (one) => one.task !== null && <To noun="task" name={one.task} />,
} as const satisfies Column<Pick<Item<'queue turns'>, 'task'>>;

const turns: readonly Column<Item<'queue turns'>>[] = [
  subject,
  {
    id: 'state',
    title: ({ fields }) => fields.state,
    min: 96,
    grow: 0.5,
    show: ({ state }) => <Pill status={state} />,
  },
  { id: 'due', title: ({ queue }) => queue.due, min: 100, show: ({ dueAt }) => <Time at={dueAt} /> },
  { id: 'every', title: ({ fields }) => fields.every, min: 70, grow: 0.5, show: ({ every }) => every },
  { id: 'last', title: ({ queue }) => queue.lastRun, min: 100, show: ({ lastAt }) => <Time at={lastAt} /> },
  {
    id: 'failures',
    title: ({ queue }) => queue.counts.failing,
    min: 70,
    grow: 0.5,
    show: ({ failures }) => (failures > 0 ? current().queue.times(failures) : ''),
  },
  problem,
  task,
  {
    id: 'server',
    title: ({ fields }) => fields.server,
    min: 90,
    isExtra: true,
    show: ({ server }) => <To noun="server" name={server} />,
  },
];

export function QueueTurns({ queue }: { queue: string }): ReactNode {
  const text = useText();
  return (
    <List
      name="queue turns"
      params={{ name: queue }}
      title={text.tabs.turns}
      columns={turns}
      keyOf={(turn) => `${turn.subject.noun} ${turn.subject.id}`}
      icon="queue"
      none={text.queue.noTurns}
    />
  );
}

const runs: readonly Column<Item<'queue runs'>>[] = [
  subject,
  {
    id: 'status',
    title: ({ fields }) => fields.status,
    min: 96,
    grow: 0.5,
    show: ({ status }) => <Pill status={status} />,
  },
  { id: 'begun', title: ({ fields }) => fields.startedAt, min: 100, show: ({ begunAt }) => <Time at={begunAt} /> },
  {
    id: 'took',
    title: ({ fields }) => fields.took,
    min: 70,
    grow: 0.5,
    show: ({ begunAt, endedAt }) => <Took from={begunAt} to={endedAt} />,
  },
  problem,
  task,
  { id: 'lines', title: ({ queue }) => queue.said, min: 160, grow: 2, isExtra: true, show: ({ lines }) => lines },
];

export function QueueRuns({ queue }: { queue: string }): ReactNode {
  const text = useText();
  return (
    <List
      name="queue runs"
      params={{ name: queue }}
      title={text.tabs.runs}
      columns={runs}
      keyOf={({ id }) => id}
      icon="queue"
      none={text.queue.noRuns}
    />
  );
}
