import { z } from 'zod';
import { isTimeZone, offsetMs } from './time-zone.ts';

const dayMs = 24 * 60 * 60_000;
const minuteMs = 60_000;

/** The hours in which a queue begins anything; they may cross midnight. */
export interface Window {
  /** Of the local day: 22:00 is 79,200,000. */
  readonly fromMs: number;
  readonly lengthMs: number;
  readonly timeZone: string;
}

/** '22:00-04:00 Europe/Berlin'; without a time zone it is UTC. */
export const windowText = z
  .string()
  .regex(
    /^(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-3]):[0-5]\d(?: [A-Za-z0-9_+/-]{1,60})?$/,
    "is not a window such as '22:00-04:00 Europe/Berlin'",
  )
  .refine((text) => isTimeZone(zoneIn(text)), 'names no time zone that there is')
  .refine(
    (text) => text.slice(0, 5) !== text.slice(6, 11),
    'begins when it ends; a queue without a window is always open',
  );

const zoneIn = (text: string): string => text.slice(12) || 'UTC';

/** Of a text that `windowText` took. */
export function windowOf(text: string): Window {
  const [from, to] = [minutesIn(text.slice(0, 5)) * minuteMs, minutesIn(text.slice(6, 11)) * minuteMs];
  return { fromMs: from, lengthMs: to > from ? to - from : to - from + dayMs, timeZone: zoneIn(text) };
}

function minutesIn(clock: string): number {
  const [hours = '', minutes = ''] = clock.split(':');
  return Number(hours) * 60 + Number(minutes);
}

/** How often a subject has its turn, and when turns are begun at all. */
export interface Rhythm {
  readonly everyMs: number;
  readonly window: Window | null;
}

export const isOpen = (window: Window | null, at: Date): boolean =>
  window === null || withinDay(window, at).withinMs < window.lengthMs;

/**
 * A subject's place in every period, from 0 to 1. Of its id alone, so it stays; multiplied by the golden ratio, as that lays any
 * run of ids more evenly than chance would.
 */
export function placeOf(id: string): number {
  const bits = 31n;
  return Number(BigInt.asUintN(31, BigInt(id) * 1_327_217_885n)) / Number(1n << bits);
}

/**
 * The first own time of a subject that is later than `after`. Own times are a period apart and at the subject's place in it, for
 * ever: so it does not matter what was when, and the load is even. With a window all of it happens in open hours only.
 */
export function nextTurn(id: string, { everyMs, window }: Rhythm, after: Date): Date {
  const period = openPeriod(everyMs, window);
  const offset = placeOf(id) * period;
  for (let turn = Math.floor((openMs(window, after) - offset) / period) + 1; ; turn++) {
    const at = closedBack(window, Math.ceil(turn * period + offset));
    // Rounding may have led to `after` itself.
    if (at.getTime() > after.getTime()) return at;
  }
}

/**
 * When it has its turn again after one. One that failed several times, one after the other, waits twice as long each time, up to
 * a day (or its period, if that is longer).
 */
export function turnAfter(
  id: string,
  rhythm: Rhythm,
  turn: { readonly begunAt: Date; readonly endedAt: Date; readonly failures: number },
): Date {
  const { everyMs } = rhythm;
  const waitMs = Math.min(everyMs * 2 ** Math.min(turn.failures, 20), Math.max(everyMs, dayMs));
  // Half a period of patience: one that began late still has its next turn at its own time.
  const earliest = Math.max(turn.endedAt.getTime(), turn.begunAt.getTime() + waitMs - everyMs / 2);
  return nextTurn(id, rhythm, new Date(earliest));
}

/**
 * What became due while nobody took anything (the hub was down, the queue was paused) is not done at once: it is done as it would
 * have been, only later by as long as that was, so that the load while catching up is twice the usual and no more. Who has an own
 * time before that waits for that one.
 */
export function turnAfterOutage(
  id: string,
  rhythm: Rhythm,
  dueAt: Date,
  outage: { readonly from: Date; readonly to: Date },
): Date {
  const { window } = rhythm;
  const [from, to] = [openMs(window, outage.from), openMs(window, outage.to)];
  const shifted = closedBack(window, Math.max(openMs(window, dueAt), from) + (to - from));
  const own = nextTurn(id, rhythm, outage.to);
  return new Date(Math.min(shifted.getTime(), own.getTime()));
}

/** When it next opens, or closes if it is open now. */
export function windowEdge(window: Window, at: Date): Date {
  const open = isOpen(window, at);
  const { day } = withinDay(window, at);
  const edge = day * dayMs + window.fromMs + (open ? window.lengthMs : dayMs);
  const about = edge - offsetMs(window.timeZone, new Date(edge));
  return new Date(edge - offsetMs(window.timeZone, new Date(about)));
}

/** How long it was open between two moments. */
export const openBetweenMs = (window: Window | null, from: Date, to: Date): number =>
  openMs(window, to) - openMs(window, from);

/** A period of days has so many windows; a shorter one passes in open hours. */
function openPeriod(everyMs: number, window: Window | null): number {
  if (window === null) return everyMs;
  return everyMs >= dayMs ? (everyMs * window.lengthMs) / dayMs : Math.min(everyMs, window.lengthMs);
}

/** Time as it passes when closed hours are left out. */
function openMs(window: Window | null, at: Date): number {
  if (window === null) return at.getTime();
  const { day, withinMs } = withinDay(window, at);
  return day * window.lengthMs + Math.min(withinMs, window.lengthMs);
}

/** The way back. */
function closedBack(window: Window | null, open: number): Date {
  if (window === null) return new Date(open);
  const day = Math.floor(open / window.lengthMs);
  const local = day * dayMs + (open - day * window.lengthMs) + window.fromMs;
  const about = local - offsetMs(window.timeZone, new Date(local));
  return new Date(local - offsetMs(window.timeZone, new Date(about)));
}

/** Days that begin when the window does, by the clock of its time zone. */
function withinDay({ fromMs, timeZone }: Window, at: Date): { readonly day: number; readonly withinMs: number } {
  const local = at.getTime() + offsetMs(timeZone, at) - fromMs;
  const day = Math.floor(local / dayMs);
  return { day, withinMs: local - day * dayMs };
}
