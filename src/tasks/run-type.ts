import type { Load } from './context.ts';

/** What a worker does in a turn without a task: short, with nothing to put back. It is named as its queue is. */
export interface RunType {
  readonly name: string;
  /** Answers the last that was said; throws a Problem. Ends within the time by itself. */
  run(load: Load, subject: string, timeoutMs: number): Promise<string>;
}
