import { SegmentedControl, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { choiceOf } from '../form/label.ts';
import { asks, often } from '../hub.ts';
import { LogView } from '../log/log-view.tsx';
import { Empty } from '../parts/empty.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { exact } from '../parts/time.tsx';
import { titleOf } from '../task/title.ts';
import { useText } from '../text/text.ts';
import type { SiteAnswer } from './answers.ts';
import { SiteWebLog } from './site-web-log.tsx';

const logs = ['access', 'error', 'tasks'] as const;

/** What its visitors did, what went wrong for them, and what Aegir did. */
export function SiteLogs({ site }: { site: SiteAnswer }): ReactNode {
  const text = useText();
  const [shown, show] = useState<(typeof logs)[number]>('access');
  return (
    <div className="stack">
      <SegmentedControl
        aria-label={text.tabs.logs}
        className="start"
        data={logs.map((value) => ({ value, label: text.site.webLogs[value] }))}
        value={shown}
        onChange={(next) => show(next as typeof shown)} // one of those just given
      />
      {shown === 'tasks' ? <TaskLogs site={site} /> : <SiteWebLog key={shown} site={site.name} log={shown} />}
    </div>
  );
}

/** The log of its last task, or of an earlier one. */
function TaskLogs({ site }: { site: SiteAnswer }): ReactNode {
  const text = useText();
  const tasks = useQuery({
    ...asks('task list', { query: { noun: 'site', subject: site.id, limit: 50 } }),
    refetchInterval: often,
  });
  const [chosen, choose] = useState<string | null>(null);
  return (
    <Loaded query={tasks}>
      {({ items }) => {
        const open = chosen ?? items[0]?.id;
        if (open === undefined) return <Empty icon="task" title={text.task.none} />;
        return (
          <div className="stack">
            <Select
              label={text.fields.task}
              maw={460}
              data={items.map((task) => ({
                value: task.id,
                label: `${titleOf(task, text.tasks)} · ${choiceOf(task.status)} · ${exact(task.createdAt)}`,
              }))}
              value={open}
              onChange={choose}
              allowDeselect={false}
            />
            <LogView key={open} task={open} />
          </div>
        );
      }}
    </Loaded>
  );
}
