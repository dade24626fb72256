import { useEffect, useState } from 'react';
import { followTask, type Logged } from '../../api/follow.ts';
import { queries, send } from '../hub.ts';

export interface Log {
  readonly events: readonly Logged[];
  readonly isLive: boolean;
  readonly problem: unknown;
}

const empty: Log = { events: [], isLive: true, problem: null };

/** A task's log as it grows. It is told at most once a frame, however fast lines come; a connection that breaks goes on where it was. */
export function useLog(task: string): Log {
  const [log, setLog] = useState(empty);
  useEffect(() => {
    const stop = new AbortController();
    const events: Logged[] = [];
    let frame = 0;
    const show = (more: Partial<Log> = {}): void => setLog({ ...empty, events: [...events], ...more });
    const follow = async (): Promise<void> => {
      for await (const logged of followTask(send, task, 0, stop.signal)) {
        events.push(logged);
        if (frame === 0)
          frame = requestAnimationFrame(() => {
            frame = 0;
            show();
          });
      }
    };
    setLog(empty);
    follow().then(
      () => {
        cancelAnimationFrame(frame);
        show({ isLive: false });
        void queries.invalidateQueries();
      },
      (problem: unknown) => {
        if (!stop.signal.aborted) show({ isLive: false, problem });
      },
    );
    return () => {
      stop.abort();
      cancelAnimationFrame(frame);
    };
  }, [task]);
  return log;
}
