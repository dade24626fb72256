import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef } from 'react';
import { asks } from '../hub.ts';
import { useTask } from '../task/task-button.tsx';
import type { Act } from './palette-finds.ts';

/** What was chosen in the palette, asked for once; a dialog comes if the task wants to be told something. */
export function Acting({ act: { site, task } }: { act: Act }): ReactNode {
  const [begin, dialog] = useTask('site', site);
  const isKnown = useQuery({ ...asks('task-type list', {}), staleTime: Number.POSITIVE_INFINITY }).isSuccess;
  const isBegun = useRef(false);
  useEffect(() => {
    if (!isKnown || isBegun.current) return;
    isBegun.current = true;
    begin(task);
  });
  return dialog;
}
