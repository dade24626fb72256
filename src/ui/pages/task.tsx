import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { type ReactNode, useEffect, useState } from 'react';
import { asks, often } from '../hub.ts';
import { LogPane } from '../log/log-view.tsx';
import { useLog } from '../log/use-log.ts';
import { Card } from '../parts/facts.tsx';
import { To } from '../parts/links.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Pill } from '../parts/pill.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { duration } from '../parts/time.tsx';
import { leftOf, type StepState, Steps, stepsOf } from '../task/steps.tsx';
import { TaskActions } from '../task/task-actions.tsx';
import type { TaskAnswer } from '../task/task-answer.ts';
import { TaskFacts } from '../task/task-facts.tsx';
import { TaskResult } from '../task/task-result.tsx';
import { titleOf } from '../task/title.ts';
import { useText } from '../text/text.ts';

const moving = new Set(['queued', 'running']);

/** What is being done, how far it is, and what to do if it went wrong. */
export function Task(): ReactNode {
  const text = useText();
  const { task: id } = useParams({ from: '/tasks/$task' });
  const task = useQuery({
    ...asks('task get', { params: { task: id } }),
    refetchInterval: ({ state }) => (moving.has(state.data?.status ?? '') ? often : false),
  });
  return (
    <Page
      title={task.data ? titleOf(task.data, text.tasks) : text.task.title(id)}
      status={
        task.data && (
          <Pill status={task.data.cancelRequested && task.data.status === 'running' ? 'undoing' : task.data.status}>
            {task.data.cancelRequested && task.data.status === 'running' ? text.task.cancelling : undefined}
          </Pill>
        )
      }
      about={task.data && <To noun={task.data.subject.noun} name={task.data.subject.name} />}
      actions={task.data && <TaskActions task={task.data} />}
    >
      <Loaded query={task}>{(data) => <Running key={data.id} task={data} />}</Loaded>
    </Page>
  );
}

function Running({ task }: { task: TaskAnswer }): ReactNode {
  const log = useLog(task.id);
  const [open, choose] = useState<string>();
  const steps = stepsOf(log.events, task.plan);
  return (
    <div className="stack">
      <TaskResult task={task} />
      {task.problem !== null && <ProblemNote problem={task.problem} />}
      {task.status === 'queued' && <WhyItWaits task={task} />}
      <div className="task-page">
        <div className="stack">
          <Card>
            <Progress task={task} steps={steps} />
            <Steps steps={steps} choose={choose} />
          </Card>
          <TaskFacts task={task} />
        </div>
        <LogPane task={task.id} log={log} open={open} />
      </div>
    </div>
  );
}

/** Said aloud to who does not see it, but not each second. */
function Progress({ task, steps }: { task: TaskAnswer; steps: readonly StepState[] }): ReactNode {
  const text = useText();
  const [now, setNow] = useState(Date.now());
  const isMoving = moving.has(task.status);
  useEffect(() => {
    if (!isMoving) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isMoving]);
  const ended = steps.filter(({ status }) => status !== 'waiting' && status !== 'running').length;
  const left = isMoving ? leftOf(steps, now) : null;
  const share = steps.length === 0 ? 0 : (100 * ended) / steps.length;
  return (
    <div className="stack tight">
      <p role="status">
        <b>{text.task.steps(ended, steps.length)}</b>
        {left !== null && <span className="dim"> · {left > 0 ? text.task.left(duration(left)) : text.task.soon}</span>}
      </p>
      {isMoving && (
        <div
          className="progress"
          role="progressbar"
          aria-label={text.task.progress}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round(share)}
        >
          <div style={{ width: `${share}%` }} />
        </div>
      )}
    </div>
  );
}

function WhyItWaits({ task: { waits } }: { task: TaskAnswer }): ReactNode {
  const text = useText();
  if (waits === null) return null;
  const words: { readonly [Why in typeof waits.why]: ReactNode } = {
    later: text.waits.later(new Date(waits.until ?? '').toLocaleString()),
    paused: text.waits.paused,
    'no worker': text.waits.noWorker,
    'server limit': text.waits.serverLimit(waits.about ?? ''),
    load: text.waits.load(waits.about ?? ''),
    busy: text.waits.busy,
    tasks: (
      <>
        {text.waits.tasks}{' '}
        {waits.tasks.map(({ id, name, subject }, at) => (
          <span key={id}>
            {at > 0 && ', '}
            <To noun="task" name={id}>
              {`${id} (${name} ${subject})`}
            </To>
          </span>
        ))}
      </>
    ),
  };
  return (
    <div className="note" role="status">
      <p>{words[waits.why]}</p>
    </div>
  );
}
