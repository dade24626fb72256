import type { Json } from './json.ts';
import type { ProblemJson } from './problem.ts';

/**
 * A task's log is a list of events. It is written once and read by three readers:
 * the panel shows it, the CLI follows it, and a worker that takes over a lost task resumes from it.
 */
export type TaskEvent =
  | { type: 'task.started'; worker: string; attempt: number; steps: readonly string[] }
  | { type: 'task.lost'; worker: string; attempt: number }
  /** By an agent that stops, or that cannot do it. */
  | { type: 'task.given-back'; worker: string; attempt: number }
  | { type: 'task.done'; result: Json }
  | { type: 'task.failed'; problem: ProblemJson }
  | { type: 'task.stuck'; problem: ProblemJson }
  | { type: 'task.cancelled'; problem: ProblemJson }
  | { type: 'check.done' }
  | { type: 'step.started'; step: string }
  | { type: 'step.done'; step: string; result: Json }
  | { type: 'step.failed'; step: string; problem: ProblemJson }
  /** Between two steps it was cancelled or ran out of time; undoing follows. */
  | { type: 'task.stopped'; problem: ProblemJson }
  | { type: 'undo.started'; step: string }
  | { type: 'undo.done'; step: string }
  | { type: 'undo.failed'; step: string; problem: ProblemJson }
  | { type: 'command.started'; server: string; command: string }
  | { type: 'command.output'; stream: 'stdout' | 'stderr'; text: string }
  | { type: 'command.done'; exitCode: number; ms: number }
  /** Something that is now different on a server, in a sentence: 'wrote /var/aegir/…/settings.php'. */
  | { type: 'changed'; what: string }
  | { type: 'note'; level: 'info' | 'warning'; text: string };

/** The last event of a task has one of these types; whoever has seen it finds the outcome recorded. */
export const lastEventTypes = ['task.done', 'task.failed', 'task.stuck', 'task.cancelled'] as const;
export const isLastEvent = (event: TaskEvent): boolean => (lastEventTypes as readonly string[]).includes(event.type);

export interface Log {
  append(event: TaskEvent): Promise<void>;
}

/** What each event makes of its step. */
export const stepStatus: Readonly<Record<string, string>> = {
  'step.started': 'running',
  'step.done': 'done',
  'step.failed': 'failed',
  'undo.started': 'undoing',
  'undo.done': 'undone',
  'undo.failed': 'undo failed',
};
