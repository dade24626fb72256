import type { ReactNode } from 'react';
import { Card } from '../parts/facts.tsx';
import { type Possible, TaskButton, useTask } from '../task/task-button.tsx';
import { useText } from '../text/text.ts';
import type { SiteAnswer } from './answers.ts';

const shown = ['site disable', 'site rename', 'site move', 'site delete'] as const;

/** What takes a site away from those who use it, with a line on what it means. */
export function SiteDanger({ site }: { site: SiteAnswer }): ReactNode {
  const text = useText();
  const [begin, dialog] = useTask('site', site.name);
  const abouts: Readonly<Record<string, string>> = text.taskAbout;
  return (
    <Card title={text.tabs.danger}>
      <ul className="lines">
        {shown
          .map((name) => site.tasks.find((task) => task.name === name))
          .filter((task): task is Possible & { title: string } => task !== undefined)
          .map((task) => (
            <li key={task.name}>
              <span className="grow">{abouts[task.name]}</span>
              <TaskButton task={task} begin={begin} isDanger />
            </li>
          ))}
      </ul>
      {dialog}
    </Card>
  );
}
