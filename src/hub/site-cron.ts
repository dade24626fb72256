import { type Kysely, sql } from 'kysely';
import { secondsOf } from '../model/period.ts';
import type { CronRule } from '../model/site.ts';
import { settingValue } from './setting.ts';
import type { Tables } from './tables.ts';

/** What decides about one site; null: nothing is said. */
export interface CronColumns {
  readonly cronEveryS: number | null;
  readonly cronBy: string | null;
  readonly application: string | null;
}

/** The rules as they stand now: the site's own, else those for its application, else the queue's. */
export async function cronRules(db: Kysely<Tables>): Promise<(site: CronColumns) => CronRule> {
  const [every, by] = [await settingValue(db, 'cron.every'), await settingValue(db, 'cron.by')];
  const { rows } = await sql<{ everyS: number | null }>`select every_s from queue where name = 'cron'`.execute(db);
  const secondsMax = await settingValue(db, 'cron.seconds-max');
  const otherwise = rows[0]?.everyS ?? cronSeconds;
  return ({ cronEveryS, cronBy, application }) => {
    const ofApplication = application === null ? undefined : every[application];
    const named = cronBy ?? (application === null ? undefined : by[application]);
    return {
      everySeconds: cronEveryS ?? (ofApplication === undefined ? otherwise : secondsOf(ofApplication)),
      by: named === 'command' ? 'command' : 'web',
      secondsMax,
    };
  };
}

/** Of applications that no setting names. */
export const cronSeconds = 3600;
