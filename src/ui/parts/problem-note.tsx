import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { Problem, type ProblemJson, problemJson } from '../../model/problem.ts';
import { useText } from '../text/text.ts';
import { Icon } from './icon.tsx';
import { duration } from './time.tsx';

/** What happened, and what to do now. Given as it was thrown, or as a task keeps it. */
export function ProblemNote({ problem, retry }: { problem: unknown; retry?: (() => void) | undefined }): ReactNode {
  const text = useText();
  const { code, message, hint, causes, retryAfterMs } = shapeOf(problem);
  const titles: Readonly<Record<string, string>> = text.problems;
  return (
    <div className="note" data-tone="bad" role="alert">
      <Icon name="alert" />
      <div>
        <strong>{titles[code] ?? code}</strong>
        <p>{message}</p>
        {causes.length > 0 && (
          <ul>
            {causes.map((cause) => (
              <li key={cause}>{cause}</li>
            ))}
          </ul>
        )}
        {hint !== undefined && retryAfterMs === undefined && (
          <p className="hint">
            <b>{text.parts.whatNow}</b> {hint}
          </p>
        )}
        {retryAfterMs !== undefined && <p className="hint">{text.signIn.wait(duration(retryAfterMs))}</p>}
        {retry && (
          <Button variant="default" onClick={retry} mt={8}>
            {text.parts.tryAgain}
          </Button>
        )}
      </div>
    </div>
  );
}

function shapeOf(problem: unknown): ProblemJson {
  if (problem instanceof Problem || problem instanceof Error) return problemJson(problem);
  const known = problem as Partial<ProblemJson> | null; // As a task's row keeps it.
  return { code: 'bug', message: '', ...known, causes: known?.causes ?? [] };
}
