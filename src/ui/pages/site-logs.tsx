import { Select } from '@mantine/core';
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

/** The log of its last task, or of an earlier one. */
export function SiteLogs({ site }: { site: SiteAnswer }): ReactNode {
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
