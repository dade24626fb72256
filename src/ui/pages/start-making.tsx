import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { asks, often } from '../hub.ts';
import { useLog } from '../log/use-log.ts';
import { ButtonLink, NewWindow } from '../parts/links.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { LoginButton } from '../task/login-button.tsx';
import { Steps, stepsOf } from '../task/steps.tsx';
import { TaskResult } from '../task/task-result.tsx';
import { useText } from '../text/text.ts';
import type { SiteAnswer } from './answers.ts';

/** How something of the first steps comes to be: the steps of its last task, or what went wrong with it. */
export function Making({
  noun,
  one,
}: {
  noun: 'server' | 'platform' | 'site';
  one: { readonly id: string };
}): ReactNode {
  const tasks = useQuery({
    ...asks('task list', { query: { noun, subject: one.id, limit: 1 } }),
    refetchInterval: often,
  });
  return <Loaded query={tasks}>{({ items: [last] }) => (last ? <Working key={last.id} id={last.id} /> : null)}</Loaded>;
}

function Working({ id }: { id: string }): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  const task = useQuery({ ...asks('task get', { params: { task: id } }), refetchInterval: often });
  const log = useLog(id);
  const toTask = (): void => void navigate({ to: '/tasks/$task', params: { task: id } });
  return (
    <Loaded query={task}>
      {({ status, problem, plan }) => {
        const isWrong = ['failed', 'stuck', 'cancelled'].includes(status);
        return (
          <div className="stack">
            <p role="status">{isWrong ? text.first.wrong : text.first.working}</p>
            {problem !== null && <ProblemNote problem={problem} />}
            <Steps steps={stepsOf(log.events, plan)} choose={toTask} />
            <div className="actions">
              <Button variant="default" onClick={toTask}>
                {text.task.title(id)}
              </Button>
            </div>
          </div>
        );
      }}
    </Loaded>
  );
}

/** With the link that its install has made, or one that is made now. */
export function Open({ site }: { site: SiteAnswer }): ReactNode {
  const text = useText();
  const installs = useQuery(
    asks('task list', { query: { noun: 'site', subject: site.id, name: 'site install', status: 'done', limit: 1 } }),
  );
  const id = installs.data?.items[0]?.id ?? '';
  const install = useQuery({ ...asks('task get', { params: { task: id } }), enabled: id !== '' });
  return (
    <div className="stack">
      <p className="dim">{text.first.openAbout}</p>
      {install.data ? (
        <TaskResult task={install.data} />
      ) : (
        <div className="actions">
          <LoginButton site={site} />
        </div>
      )}
      <div className="actions">
        <NewWindow href={site.url} variant="default">
          {text.site.visit}
        </NewWindow>
        <ButtonLink to="/" variant="default">
          {text.nav.home}
        </ButtonLink>
      </div>
    </div>
  );
}
