import { language } from '../text/text.ts';

const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** '12.3 MB'. */
export function bytes(count: number | null): string {
  if (count === null) return '';
  const power = Math.min(units.length - 1, count < 1 ? 0 : Math.floor(Math.log10(count) / 3));
  const value = count / 1000 ** power;
  return `${value.toLocaleString(language(), { maximumFractionDigits: value < 10 && power > 0 ? 1 : 0 })} ${units[power]}`;
}
