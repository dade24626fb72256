import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { asks } from '../hub.ts';
import { Icon } from '../parts/icon.tsx';
import { ButtonLink, NewWindow } from '../parts/links.tsx';
import { useText } from '../text/text.ts';
import type { TaskAnswer } from './task-answer.ts';

/** What a task has made: the login link of a new site, a file to download, the way to a site. */
export function TaskResult({ task }: { task: TaskAnswer }): ReactNode {
  const text = useText();
  if (task.status !== 'done' || task.dryRun) return null;
  const { noun, name } = task.subject;
  if (task.name === 'backup export')
    return (
      <div className="note" data-tone="good">
        <p className="grow">{text.task.exported}</p>
        <Button
          component="a"
          href={`/api/backups/${encodeURIComponent(name)}/file`}
          leftSection={<Icon name="download" size={14} />}
        >
          {text.backup.download}
        </Button>
      </div>
    );
  if (!['site install', 'site login', 'site hand-over'].includes(task.name)) return null;
  return (
    <div className="note" data-tone="good">
      <p className="grow">{task.name === 'site install' ? text.task.installed(name) : text.task.linkMade(name)}</p>
      <ButtonLink to="/sites/$name/{-$tab}" params={{ name }} variant="default">
        {text.nouns[noun as 'site']}
      </ButtonLink>
      {Date.parse(task.endedAt ?? '') > Date.now() - keptMs && <LoginLink site={name} task={task.id} />}
    </div>
  );
}

const keptMs = 24 * 60 * 60_000;

/** It opens once, and is kept for a day. */
function LoginLink({ site, task }: { site: string; task: string }): ReactNode {
  const text = useText();
  const link = useQuery({
    ...asks('site login-link', { params: { name: site }, query: { task } }),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (!link.data) return null;
  return (
    <NewWindow href={link.data.link} icon="key">
      {text.site.login}
    </NewWindow>
  );
}
