import type { ReactNode } from 'react';
import { labelOf } from '../form/label.ts';
import { Card, Facts } from '../parts/facts.tsx';
import { useText } from '../text/text.ts';

/** What the last verify found on the machine: what will become a problem, then facts, whatever they are. */
export function ServerDiagnosis({ of }: { of: unknown }): ReactNode {
  const text = useText();
  if (typeof of !== 'object' || of === null)
    return (
      <Card title={text.server.diagnosis}>
        <p className="dim">{text.server.noDiagnosis}</p>
      </Card>
    );
  const { warnings, ...facts } = of as Readonly<Record<string, unknown>>; // of JSON, neither null nor a list
  return (
    <Card title={text.server.diagnosis}>
      <div className="stack">
        {(Array.isArray(warnings) ? warnings : []).map(({ finding, hint }: { finding?: string; hint?: string }) => (
          <div key={finding} className="note" data-tone="warn">
            <div>
              <p>{finding}</p>
              <p className="hint">
                <b>{text.parts.whatNow}</b> {hint}
              </p>
            </div>
          </div>
        ))}
        <Facts of={Object.entries(facts).map(([name, value]) => [labelOf(name), words(value)] as const)} />
      </div>
    </Card>
  );
}

function words(value: unknown): string {
  if (Array.isArray(value)) return value.map(words).join(', ');
  if (typeof value === 'object' && value !== null) return Object.values(value).map(words).join(' ');
  return value === null ? '' : String(value);
}
