import type { ReactNode } from 'react';
import { useText } from '../text/text.ts';

const tones: Readonly<Record<string, 'good' | 'bad' | 'busy' | 'warn'>> = {
  enabled: 'good',
  done: 'good',
  sent: 'good',
  ready: 'good',
  building: 'busy',
  renaming: 'busy',
  failed: 'bad',
  stuck: 'bad',
  lost: 'bad',
  late: 'warn',
  refused: 'bad',
  stopped: 'bad',
  'undo failed': 'bad',
  running: 'busy',
  working: 'busy',
  undoing: 'busy',
  disabled: 'warn',
  locked: 'warn',
  paused: 'warn',
  cancelled: 'warn',
};

/** A status of anything, in a word and a colour. */
export function Pill({ status, children }: { status: string; children?: ReactNode }): ReactNode {
  const words: Readonly<Record<string, string>> = useText().status;
  return (
    <span className="pill" data-tone={tones[status] ?? 'quiet'}>
      {children ?? words[status] ?? status}
    </span>
  );
}
