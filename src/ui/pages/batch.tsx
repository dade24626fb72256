import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { labelOf } from '../form/label.ts';
import { asks, often, useWish } from '../hub.ts';
import type { Column } from '../list/columns.ts';
import type { Item } from '../list/endpoint-list.ts';
import { List } from '../list/list.tsx';
import { ActButton } from '../parts/act.tsx';
import { Card, Facts } from '../parts/facts.tsx';
import { To } from '../parts/links.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Pill } from '../parts/pill.tsx';
import { tellProblem } from '../parts/tell.ts';
import { Time, Took } from '../parts/time.tsx';
import { titleOf } from '../task/title.ts';
import { useText } from '../text/text.ts';

const messageOf = (problem: unknown): string =>
  typeof problem === 'object' && problem !== null && 'message' in problem ? String(problem.message) : '';

const members: readonly Column<Item<'batch members'>>[] = [
  {
    id: 'subject',
    title: ({ fields }) => fields.subject,
    min: 150,
    grow: 2,
    show: ({ subject }) => <To noun={subject.noun} name={subject.name} />,
  },
  {
    id: 'status',
    title: ({ fields }) => fields.status,
    min: 96,
    grow: 0.5,
    show: ({ status }) => <Pill status={status} />,
  },
  {
    id: 'task',
    title: ({ fields }) => fields.task,
    min: 60,
    grow: 0.4,
    show: ({ task }) =>
      task && (
        <Link to="/tasks/$task" params={{ task }}>
          {task}
        </Link>
      ),
  },
  {
    id: 'problem',
    title: ({ fields }) => fields.problem,
    min: 160,
    grow: 3,
    show: ({ problem }) => messageOf(problem),
  },
  {
    id: 'took',
    title: ({ fields }) => fields.took,
    min: 84,
    grow: 0.5,
    show: ({ begunAt, endedAt }) => <Took from={begunAt} to={endedAt} />,
  },
  {
    id: 'position',
    title: ({ fields }) => fields.position,
    min: 50,
    grow: 0.3,
    isExtra: true,
    show: ({ position }) => <span className="number">{position}</span>,
  },
];

/** One wish for many sites: how far it is, and what became of each. */
export function Batch(): ReactNode {
  const text = useText();
  const { batch: id } = useParams({ from: '/batches/$batch' });
  const batch = useQuery({
    ...asks('batch get', { params: { batch: id } }),
    refetchInterval: ({ state }) => (state.data?.status === 'running' ? often : false),
  });
  return (
    <Page
      title={
        batch.data ? titleOf({ name: batch.data.title, title: batch.data.title }, text.tasks) : text.batch.title(id)
      }
      status={batch.data && <Pill status={batch.data.status} />}
      actions={batch.data && <Actions batch={batch.data} />}
    >
      <Loaded query={batch}>
        {(data) => (
          <div className="stack">
            {data.why !== null && (
              <div className="note" data-tone="bad">
                <p>{data.why}</p>
              </div>
            )}
            <About batch={data} />
            <List
              name="batch members"
              params={{ batch: id }}
              title={text.fields.members}
              columns={members}
              keyOf={({ position }) => String(position)}
              icon="site"
              none={text.list.noMatch}
              everyMs={data.status === 'running' ? often : 60_000}
            />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function About({ batch }: { batch: Answer<'batch get'> }): ReactNode {
  const text = useText();
  const { fields } = text;
  const words: Readonly<Record<string, string>> = text.status;
  const ended = batch.members - (batch.counts['waiting'] ?? 0) - (batch.counts['running'] ?? 0);
  return (
    <div className="cards">
      <Card>
        <p role="status">
          <b>{text.batch.of(ended, batch.members)}</b>{' '}
          <span className="dim">
            {Object.entries(batch.counts)
              .map(([status, count]) => `${words[status] ?? status}: ${count}`)
              .join(' · ')}
          </span>
        </p>
        <div
          className="progress"
          role="progressbar"
          aria-label={text.task.progress}
          aria-valuemin={0}
          aria-valuemax={batch.members}
          aria-valuenow={ended}
        >
          <div style={{ width: `${batch.members === 0 ? 0 : (100 * ended) / batch.members}%` }} />
        </div>
      </Card>
      <Card>
        <Facts
          of={[
            [fields.task, titleOf({ name: batch.name, title: batch.name }, text.tasks)],
            ...Object.entries(batch.args).map(([name, value]) => [labelOf(name), String(value)] as const),
            [fields.canary, String(batch.canary)],
            [fields.parallel, String(batch.parallel)],
            [fields.failuresMax, String(batch.failuresMax)],
            [fields.account, batch.account ?? text.task.local],
            [fields.createdAt, <Time key="c" at={batch.createdAt} />],
            [fields.took, <Took key="t" from={batch.createdAt} to={batch.endedAt} />],
          ]}
        />
      </Card>
    </div>
  );
}

function Actions({ batch }: { batch: Answer<'batch get'> }): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  const [cancel, retry] = [useWish('batch cancel'), useWish('batch retry')];
  const params = { batch: batch.id };
  if (batch.status === 'running')
    return (
      <ActButton
        needs="batch cancel"
        variant="default"
        loading={cancel.isPending}
        disabled={batch.cancelRequested}
        onClick={() => cancel.mutate({ params }, { onError: tellProblem })}
      >
        {batch.cancelRequested ? text.task.cancelling : text.batch.cancel}
      </ActButton>
    );
  if ((batch.counts['done'] ?? 0) === batch.members) return null;
  return (
    <ActButton
      needs="batch retry"
      variant="default"
      loading={retry.isPending}
      onClick={() =>
        retry.mutate(
          { params },
          {
            onSuccess: ({ batch: next }) => void navigate({ to: '/batches/$batch', params: { batch: next.id } }),
            onError: tellProblem,
          },
        )
      }
    >
      {text.batch.retry}
    </ActButton>
  );
}
