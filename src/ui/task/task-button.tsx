import { Button, Menu } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import type { Schema } from '../form/schema.ts';
import { asks, useWish } from '../hub.ts';
import { ActButton } from '../parts/act.tsx';
import { Icon } from '../parts/icon.tsx';
import { tell, tellProblem } from '../parts/tell.ts';
import { useText } from '../text/text.ts';
import type { Noun } from './noun.ts';
import { titleOf } from './title.ts';

const TaskDialog = lazy(async () => ({ default: (await import('./task-dialog.tsx')).TaskDialog }));

/** A task as the hub says whether it is possible now, and if not, why. */
export interface Possible {
  readonly name: string;
  readonly title: string;
  readonly possible: boolean;
  readonly reason?: string | undefined;
}

/** What takes away what cannot be brought back by a click. */
const dangers = new Set(['site delete', 'site restore', 'platform delete', 'backup delete']);

/** Asks for a task: at once, or after what it wants to be told. Then leads to its page. */
export function useTask(noun: Noun, name: string): readonly [(task: Possible) => void, ReactNode] {
  const text = useText();
  const navigate = useNavigate();
  const types = useQuery({ ...asks('task-type list', {}), staleTime: Number.POSITIVE_INFINITY });
  const wish = useWish(`${noun} task`);
  const [open, setOpen] = useState<Possible | null>(null);
  const done = ({ id }: { id: string }): void => {
    setOpen(null);
    void navigate({ to: '/tasks/$task', params: { task: id } });
  };
  const type = types.data?.items.find((one) => one.name === open?.name);
  const begin = (task: Possible): void => {
    const args = types.data?.items.find((one) => one.name === task.name)?.args as Schema | undefined;
    if (dangers.has(task.name) || Object.keys(args?.properties ?? {}).length > 0) {
      setOpen(task);
      return;
    }
    wish.mutate(
      { params: { name }, body: { name: task.name } },
      {
        onSuccess: (answer) => {
          if (answer.coalesced) tell(text.task.coalesced);
          done(answer.task);
        },
        onError: tellProblem,
      },
    );
  };
  const abouts: Readonly<Record<string, string>> = text.taskAbout;
  const dialog = open && type && (
    <TaskDialog
      {...{ noun, name, done }}
      task={open.name}
      title={titleOf(open, text.tasks)}
      schema={type.args as Schema} // as the hub made it of zod's
      isDanger={dangers.has(open.name)}
      about={abouts[open.name]}
      close={() => setOpen(null)}
    />
  );
  return [begin, dialog && <Suspense>{dialog}</Suspense>];
}

export function TaskButton({
  task,
  title,
  begin,
  isMain = false,
  isDanger = false,
}: {
  task: Possible;
  /** What it is called there, if not as everywhere. */
  title?: string;
  begin: (task: Possible) => void;
  isMain?: boolean;
  isDanger?: boolean;
}): ReactNode {
  const text = useText();
  return (
    <ActButton
      variant={isMain ? 'filled' : 'default'}
      {...(isDanger && { color: 'red', variant: 'outline' })}
      reason={task.possible ? undefined : (task.reason ?? '')}
      onClick={() => begin(task)}
    >
      {title ?? titleOf(task, text.tasks)}
    </ActButton>
  );
}

/** Some as buttons, the others in a menu. */
export function TaskButtons({
  noun,
  name,
  tasks,
  shown,
  leave = [],
}: {
  noun: Noun;
  name: string;
  tasks: readonly Possible[];
  /** Names of those that are buttons, in their order. */
  shown: readonly string[];
  leave?: readonly string[];
}): ReactNode {
  const text = useText();
  const [begin, dialog] = useTask(noun, name);
  const rest = tasks.filter((task) => !shown.includes(task.name) && !leave.includes(task.name));
  return (
    <>
      {shown.map((one) => {
        const task = tasks.find((possible) => possible.name === one);
        return task && <TaskButton key={one} task={task} begin={begin} />;
      })}
      {rest.length > 0 && (
        <Menu position="bottom-end" withArrow>
          <Menu.Target>
            <Button variant="default" rightSection={<Icon name="down" size={14} />}>
              {text.parts.actions}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {rest.map((task) => (
              <Menu.Item
                key={task.name}
                {...(dangers.has(task.name) && { color: 'red' })}
                {...(!task.possible && { 'aria-disabled': true, className: 'off' })}
                closeMenuOnClick={task.possible}
                onClick={() => task.possible && begin(task)}
              >
                {titleOf(task, text.tasks)}
                {!task.possible && <span className="reason">{task.reason}</span>}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      {dialog}
    </>
  );
}
