import type { Statistic } from '../model/statistic.ts';
import type { Load } from './context.ts';

/** What a worker does in a turn without a task: short, with nothing to put back. It is named as its queue is. */
export interface RunType {
  readonly name: string;
  /** Throws a Problem. Ends within the time by itself. */
  run(load: Load, subject: string, timeoutMs: number): Promise<RunDone>;
}

interface RunDone {
  /** The last that was said. */
  readonly lines: string;
  /** What was found, for the history. */
  readonly statistic?: Statistic;
}
