import { Button } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useWish } from '../hub.ts';
import { Reason } from '../parts/act.tsx';
import { tellProblem } from '../parts/tell.ts';
import { useText } from '../text/text.ts';
import type { TaskAnswer } from './task-answer.ts';

/** Cancel, ask again, give up: each with the reason why not. One that can never be any more is left out. */
export function TaskActions({ task }: { task: TaskAnswer }): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  const wishes = { cancel: useWish('task cancel'), retry: useWish('task retry'), settle: useWish('task settle') };
  const hasEnded = !['queued', 'running', 'stuck'].includes(task.status);
  return task.actions.map(({ name, possible, reason }) => {
    if (!Object.hasOwn(wishes, name) || (hasEnded && !possible) || (name === 'settle' && !possible)) return null;
    const wish = wishes[name as keyof typeof wishes]; // just looked up
    const act = (): void =>
      wish.mutate(
        { params: { task: task.id } },
        {
          onSuccess: ({ id }) => void (id !== task.id && navigate({ to: '/tasks/$task', params: { task: id } })),
          onError: tellProblem,
        },
      );
    const isOff = !possible || (name === 'cancel' && task.cancelRequested);
    return (
      <Reason key={name} of={possible ? text.taskActions[name as keyof typeof wishes].about : reason}>
        <Button
          variant="default"
          loading={wish.isPending}
          {...(name === 'settle' && { color: 'red', variant: 'outline' })}
          {...(isOff && { 'data-disabled': true, 'aria-disabled': true })}
          onClick={() => !isOff && act()}
        >
          {text.taskActions[name as keyof typeof wishes].title}
        </Button>
      </Reason>
    );
  });
}
