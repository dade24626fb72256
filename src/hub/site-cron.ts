import { type Kysely, sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import { periodOf, secondsOf } from '../model/period.ts';
import type { ProblemJson } from '../model/problem.ts';
import type { CronRule } from '../model/site.ts';
import { settingValue } from './setting.ts';
import type { Tables } from './tables.ts';
import { isoOrNull } from './time.ts';

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

/** As the API shows it, by the site's id. */
export async function cronsOf(
  db: Kysely<Tables>,
  ids: readonly string[],
): Promise<(site: string) => Answer<'site get'>['cron']> {
  const rules = await cronRules(db);
  const { rows } = await sql<
    CronColumns & {
      readonly id: string;
      readonly dueAt: Date | null;
      readonly lastAt: Date | null;
      readonly failures: number | null;
      readonly problem: ProblemJson | null;
    }
  >`
    select site.id, cron_every_s, cron_by, platform.application, due_at, last_at, failures, last_problem as problem
    from site join platform on platform.id = site.platform_id
    left join turn on turn.queue = 'cron' and turn.subject_id = site.id
    where site.id = any (${[...ids]}::bigint[])`.execute(db);
  const found = new Map(rows.map((row) => [row.id, row]));
  return (id) => {
    const row = found.get(id);
    const { everySeconds, by } = rules(row ?? { cronEveryS: null, cronBy: null, application: null });
    return {
      ...{ every: periodOf(everySeconds), by, isOwn: (row?.cronEveryS ?? null) !== null },
      ...{ dueAt: isoOrNull(row?.dueAt ?? null), lastAt: isoOrNull(row?.lastAt ?? null) },
      ...{ failures: row?.failures ?? 0, problem: row?.problem ?? null },
    };
  };
}
