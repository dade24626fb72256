import { type ReactNode, useSyncExternalStore } from 'react';
import { session } from '../session.ts';
import { language, text, useLanguage } from '../text/text.ts';

const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

/** '3 minutes ago'; the whole of it, with the zone and in UTC, where the pointer rests. */
export function Time({ at }: { at: string | null }): ReactNode {
  useLanguage();
  useSyncExternalStore(everyTick, () => tick);
  if (at === null) return <span className="dim">{text().time.never}</span>;
  return (
    <time dateTime={at} title={`${exact(at)}\n${new Date(at).toISOString()}`}>
      {relative(at)}
    </time>
  );
}

/** With the viewer's own zone: '28 Nov 2026, 14:03:11 CET'. */
export const exact = (at: string): string =>
  new Date(at).toLocaleString(language(), {
    ...{ day: 'numeric', month: 'short', year: 'numeric' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short' },
    timeZone: session()?.timeZone ?? undefined,
  });

/** '14:03' */
export const clock = (at: string): string =>
  new Date(at).toLocaleTimeString(language(), {
    ...{ hour: '2-digit', minute: '2-digit' },
    timeZone: session()?.timeZone ?? undefined,
  });

function relative(at: string): string {
  const seconds = (Date.parse(at) - Date.now()) / 1000;
  const [unit, size] = steps.find(([, one]) => Math.abs(seconds) >= one) ?? ['second', 1];
  const count = unit === 'second' ? Math.min(0, Math.round(seconds)) : Math.round(seconds / size);
  return new Intl.RelativeTimeFormat(language(), { numeric: 'auto', style: 'short' }).format(count, unit);
}

/** '4 s', '2 min 05 s', '1 h 12 min'. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, '0');
  if (ms < 950) return `${Math.max(0, Math.round(ms))} ms`;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
}

/** How long something took, or takes until now. */
export function Took({ from, to }: { from: string | null; to: string | null }): ReactNode {
  const now = useSyncExternalStore(everySecond, () => Math.floor(Date.now() / 1000) * 1000);
  if (from === null) return <span className="dim">–</span>;
  return <span className="number">{duration((to === null ? now : Date.parse(to)) - Date.parse(from))}</span>;
}

const tickMs = 15_000;
let tick = 0;
function everyTick(changed: () => void): () => void {
  const timer = setInterval(() => {
    tick += 1;
    changed();
  }, tickMs);
  return () => clearInterval(timer);
}
function everySecond(changed: () => void): () => void {
  const timer = setInterval(changed, 1000);
  return () => clearInterval(timer);
}
