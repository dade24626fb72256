import type { ReactNode } from 'react';
import { StepMark } from '../task/steps.tsx';
import { useText } from '../text/text.ts';

const steps = ['server', 'platform', 'site', 'openIt'] as const;
export type FirstStep = (typeof steps)[number];

/** From an empty hub to an open site: which step is being done, and which are. */
export function FirstSteps({ step }: { step: FirstStep }): ReactNode {
  const text = useText();
  const now = steps.indexOf(step);
  const stateOf = (at: number): string => (at < now || step === 'openIt' ? 'done' : at === now ? 'running' : 'waiting');
  return (
    <ol className="first-steps">
      {steps.map((one, at) => (
        <li key={one} data-step={stateOf(at)} aria-current={at === now ? 'step' : undefined}>
          <StepMark status={stateOf(at)} />
          <span className="two">
            <b>{text.first[one].title}</b>
            <span className="dim">{text.first[one].about}</span>
          </span>
        </li>
      ))}
    </ol>
  );
}
