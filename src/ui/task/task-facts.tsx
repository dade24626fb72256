import type { ReactNode } from 'react';
import { labelOf } from '../form/label.ts';
import { Card, Facts } from '../parts/facts.tsx';
import { To } from '../parts/links.tsx';
import { Time, Took } from '../parts/time.tsx';
import { useText } from '../text/text.ts';
import type { TaskAnswer } from './task-answer.ts';

export function TaskFacts({ task }: { task: TaskAnswer }): ReactNode {
  const { fields, task: words } = useText();
  return (
    <Card>
      <Facts
        of={[
          [fields.id, task.id],
          [fields.subject, <To key="s" noun={task.subject.noun} name={task.subject.name} />],
          [fields.dryRun, task.dryRun ? words.dryRunAbout : null],
          ...Object.entries(task.args)
            .filter(([, value]) => value !== false && value !== null && value !== '')
            .map(
              ([name, value]) => [labelOf(name), typeof value === 'string' ? value : JSON.stringify(value)] as const,
            ),
          [fields.account, task.account ?? words.local],
          [fields.createdAt, <Time key="c" at={task.createdAt} />],
          [fields.startedAt, task.startedAt && <Time key="a" at={task.startedAt} />],
          [fields.took, task.startedAt && <Took key="t" from={task.startedAt} to={task.endedAt} />],
          [fields.worker, task.worker],
          [fields.attempt, task.attempt > 1 ? String(task.attempt) : null],
        ]}
      />
    </Card>
  );
}
