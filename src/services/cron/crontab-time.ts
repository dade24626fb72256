import { placeOf } from '../../model/queue.ts';

const [hour, day, week] = [60, 24 * 60, 7 * 24 * 60];
/** Periods, in minutes, that a crontab can say so that all gaps are alike. */
const periods = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, hour, ...[2, 3, 4, 6, 8, 12].map((h) => h * hour), day, week];

/** The five fields for this period, or the next longer one that a crontab can say, at the site's own place in it. */
export function crontabTime(everySeconds: number, siteId: string): string {
  const period = periods.find((minutes) => minutes * 60 >= everySeconds) ?? week;
  const offset = Math.floor(placeOf(siteId) * period);
  const [minute, hours] = [offset % hour, Math.floor(offset / hour) % 24];
  if (period < hour) return `${minute}-59/${period} * * * *`;
  if (period === hour) return `${minute} * * * *`;
  if (period < day) return `${minute} ${hours}-23/${period / hour} * * *`;
  return `${minute} ${hours} * * ${period === day ? '*' : Math.floor(offset / day)}`;
}
