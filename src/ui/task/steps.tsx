import type { ReactNode } from 'react';
import type { Logged } from '../../api/follow.ts';
import type { TaskEvent } from '../../model/event.ts';
import { Icon, type IconName } from '../parts/icon.tsx';
import { duration } from '../parts/time.tsx';
import { useText } from '../text/text.ts';

export interface StepState {
  readonly name: string;
  status: string;
  /** How long it took; null while it has not ended. */
  ms: number | null;
  /** When its last start was. */
  from: string | null;
  readonly usualMs: number | null;
}

type Plan = readonly { readonly name: string; readonly usualMs: number | null }[];

/** The steps as the log has them; before it begins, those of earlier tasks of its kind. */
export function stepsOf(events: readonly Logged[], plan: Plan): readonly StepState[] {
  const usual = new Map(plan.map(({ name, usualMs }) => [name, usualMs]));
  const step = (name: string): StepState => ({
    name,
    status: 'waiting',
    ms: null,
    from: null,
    usualMs: usual.get(name) ?? null,
  });
  let steps = new Map(plan.map(({ name }) => [name, step(name)]));
  for (const { at, event: given } of events) {
    const event = given as unknown as TaskEvent; // What the hub logs is of this type.
    if (event.type === 'task.started') {
      const done = steps;
      steps = new Map(event.steps.map((name) => [name, done.get(name) ?? step(name)]));
    }
    if (!('step' in event)) continue;
    const one = steps.get(event.step) ?? step(event.step);
    steps.set(event.step, one);
    one.status = became[event.type] ?? one.status;
    if (event.type === 'step.started' || event.type === 'undo.started') Object.assign(one, { from: at, ms: null });
    else if (one.from !== null) one.ms = Date.parse(at) - Date.parse(one.from);
  }
  return [...steps.values()];
}

const became: Readonly<Record<string, string>> = {
  'step.started': 'running',
  'step.done': 'done',
  'step.failed': 'failed',
  'undo.started': 'undoing',
  'undo.done': 'undone',
  'undo.failed': 'undo failed',
};

/** How much is left, in milliseconds, from the medians of earlier tasks; null where there are none. */
export function leftOf(steps: readonly StepState[], now: number): number | null {
  if (steps.every(({ usualMs }) => usualMs === null)) return null;
  return steps.reduce((sum, { status, usualMs, from }) => {
    if (status === 'waiting') return sum + (usualMs ?? 0);
    if (status !== 'running') return sum;
    return sum + Math.max(0, (usualMs ?? 0) - (from === null ? 0 : now - Date.parse(from)));
  }, 0);
}

export function Steps({ steps, choose }: { steps: readonly StepState[]; choose: (step: string) => void }): ReactNode {
  const text = useText();
  const words: Readonly<Record<string, string>> = text.status;
  return (
    <ol className="steps">
      {steps.map(({ name, status, ms, usualMs }) => (
        <li key={name} data-step={status}>
          <StepMark status={status} />
          <button type="button" className="plain grow" onClick={() => choose(name)} disabled={status === 'waiting'}>
            {name}
          </button>
          <span className="unseen">{words[status] ?? status}</span>
          <span className="dim number">
            {ms === null ? usualMs !== null && status === 'waiting' && `~ ${duration(usualMs)}` : duration(ms)}
          </span>
        </li>
      ))}
    </ol>
  );
}

const marks: Readonly<Record<string, IconName>> = {
  done: 'check',
  failed: 'cross',
  undone: 'undo',
  'undo failed': 'alert',
};

export const StepMark = ({ status }: { status: string }): ReactNode => {
  const mark = marks[status];
  return <span className="step-mark">{mark ? <Icon name={mark} size={14} /> : <span className="dot" />}</span>;
};
