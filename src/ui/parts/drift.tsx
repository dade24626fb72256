import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { asks, call, queries } from '../hub.ts';
import { type Possible, TaskButton, useTask } from '../task/task-button.tsx';
import { useText } from '../text/text.ts';
import { Card } from './facts.tsx';
import { Loaded } from './loaded.tsx';
import { tellProblem } from './tell.ts';
import { Time } from './time.tsx';

type DriftAnswer = Answer<'site drift'>;

interface Subject {
  readonly noun: 'site' | 'platform';
  readonly name: string;
  readonly tasks: readonly Possible[];
}

/** What on the server differs from what the hub wrote, and the button that puts it right. */
export function Drift({ noun, name, tasks }: Subject): ReactNode {
  const text = useText();
  const drift = useQuery(asks(`${noun} drift`, { params: { name } }));
  const [begin, dialog] = useTask(noun, name);
  const verify = tasks.find((task) => task.name === `${noun} verify`);
  return (
    <Card title={text.drift.title} side={<LookNow noun={noun} name={name} />}>
      <Loaded query={drift} lines={2}>
        {(found) => (
          <div className="stack">
            <p className="dim">
              {found.lookedAt === null ? (
                text.drift.neverLooked
              ) : (
                <>
                  {found.since === null ? text.drift.none : text.drift.some(found.differences.length)}{' '}
                  {text.drift.lookedAt} <Time at={found.lookedAt} />
                </>
              )}
            </p>
            {found.differences.map((one) => (
              <Difference key={one.what} of={one} isOpen={found.differences.length === 1} />
            ))}
            {found.since !== null && verify && (
              <div>
                <TaskButton task={verify} title={text.drift.putRight} begin={begin} />
              </div>
            )}
            {dialog}
          </div>
        )}
      </Loaded>
    </Card>
  );
}

function LookNow({ noun, name }: Pick<Subject, 'noun' | 'name'>): ReactNode {
  const text = useText();
  const [isLooking, setLooking] = useState(false);
  const look = async (): Promise<void> => {
    setLooking(true);
    try {
      const found = await call(`${noun} drift`, { params: { name }, query: { now: 'true' } });
      queries.setQueryData(asks(`${noun} drift`, { params: { name } }).queryKey, found);
      await queries.invalidateQueries({ queryKey: [`${noun} get`] });
    } catch (error) {
      tellProblem(error);
    } finally {
      setLooking(false);
    }
  };
  return (
    <Button variant="default" size="compact-xs" loading={isLooking} onClick={() => void look()}>
      {text.drift.lookNow}
    </Button>
  );
}

/** Lines that are there are marked as bad, lines that should be as good; the signs say it too. */
function Difference({
  of: { what, kind, diff },
  isOpen,
}: {
  of: DriftAnswer['differences'][number];
  isOpen: boolean;
}): ReactNode {
  const text = useText();
  const title = (
    <>
      <code>{what}</code> <span className="dim">{text.drift.kinds[kind]}</span>
    </>
  );
  if (diff === null) return <p className="difference">{title}</p>;
  return (
    <details className="difference" open={isOpen}>
      <summary>{title}</summary>
      <section className="log" aria-label={what}>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
        <div className="diff-lines" tabIndex={0}>
          {diff.split('\n').map((line, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name, and are drawn anew as a whole
            <div key={at} className="log-line" data-kind={markOf(line)}>
              {line}
            </div>
          ))}
        </div>
      </section>
    </details>
  );
}

const markOf = (line: string): string => (line.startsWith('+') ? 'good' : line.startsWith('-') ? 'bad' : 'output');
