import { z } from 'zod';

const unitSeconds = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
type Unit = keyof typeof unitSeconds;

/** How often something is done, as people write it: '15m', '1h', '7d'; 'off': never. Kept as seconds, 0 for never. */
export const period = z
  .string()
  .regex(/^(?:off|[1-9]\d{0,5}[smhd])$/, "is not a period such as 15m, 1h, 7d or 'off'")
  .refine((text) => text === 'off' || secondsOf(text) >= 60, 'is less than a minute')
  .refine((text) => secondsOf(text) <= 366 * unitSeconds.d, 'is more than a year');

/** Of a text that `period` took. */
export function secondsOf(text: string): number {
  if (text === 'off') return 0;
  return Number(text.slice(0, -1)) * unitSeconds[text.slice(-1) as Unit]; // the pattern allows no other
}

/** In the largest unit that fits: 3600 is '1h', 5400 is '90m'. */
export function periodOf(seconds: number): string {
  if (seconds === 0) return 'off';
  const units = (['d', 'h', 'm'] as const).filter((unit) => seconds % unitSeconds[unit] === 0);
  const unit: Unit = units[0] ?? 's';
  return `${seconds / unitSeconds[unit]}${unit}`;
}
