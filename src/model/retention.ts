import { z } from 'zod';
import { isTimeZone } from './time-zone.ts';

/** How many backups of a site are kept. All rules hold at once: what one of them keeps stays. */
export const retention = z
  .strictObject({
    last: z.int().min(0).max(10_000).default(0).describe('The newest so many'),
    daily: z.int().min(0).max(10_000).default(0).describe('The newest of each of so many days that have one'),
    weekly: z.int().min(0).max(10_000).default(0).describe('… of so many weeks, which begin on Monday'),
    monthly: z.int().min(0).max(10_000).default(0).describe('… of so many months'),
    timeZone: z
      .string()
      .refine(isTimeZone, "is not a time zone such as 'Europe/Berlin'")
      .default('UTC')
      .describe('Where days begin'),
  })
  .refine(({ last, daily, weekly, monthly }) => last + daily + weekly + monthly > 0, 'keeps nothing');
export type Retention = z.output<typeof retention>;

export interface Kept {
  readonly id: string;
  readonly at: Date;
  /** Kept whatever the rules say, and it takes no other's place in them. */
  readonly pinned: boolean;
}

/**
 * The ids of one site's backups that no rule keeps. Give it only good ones: a failed one must not take a good one's place.
 * The newest is never among them, so that a site that has a backup always keeps one.
 */
export function expired(backups: readonly Kept[], { last, daily, weekly, monthly, timeZone }: Retention): string[] {
  const newestFirst = backups
    .filter(({ pinned }) => !pinned)
    .toSorted((one, other) => other.at.getTime() - one.at.getTime() || (BigInt(other.id) > BigInt(one.id) ? 1 : -1));
  const dayOf = dayIn(timeZone);
  const rules: readonly (readonly [number, (backup: Kept) => string])[] = [
    [Math.max(last, 1), ({ id }) => id],
    [daily, ({ at }) => String(dayOf(at).day)],
    // 1970-01-01 was a Thursday.
    [weekly, ({ at }) => String(Math.floor((dayOf(at).day + 3) / 7))],
    [monthly, ({ at }) => dayOf(at).month],
  ];
  const kept = new Set(rules.flatMap(([count, period]) => newestOfEach(newestFirst, count, period)));
  return newestFirst.filter(({ id }) => !kept.has(id)).map(({ id }) => id);
}

/** Of each of the last `count` periods that have a backup, the newest. */
function newestOfEach(newestFirst: readonly Kept[], count: number, period: (backup: Kept) => string): string[] {
  const found = new Map<string, string>();
  for (const backup of newestFirst) {
    if (found.size === count) break;
    if (!found.has(period(backup))) found.set(period(backup), backup.id);
  }
  return [...found.values()];
}

/** The calendar day of a moment there: its number since 1970-01-01, and its month as '2026-03'. */
function dayIn(timeZone: string): (at: Date) => { readonly day: number; readonly month: string } {
  const format = new Intl.DateTimeFormat('en', {
    ...{ timeZone, calendar: 'iso8601', numberingSystem: 'latn' },
    ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
  });
  return (at) => {
    const part = (wanted: string): number =>
      Number(format.formatToParts(at).find(({ type }) => type === wanted)?.value ?? Number.NaN);
    const [year, month] = [part('year'), part('month')];
    return { day: Date.UTC(year, month - 1, part('day')) / 86_400_000, month: `${year}-${month}` };
  };
}
