import { type Kysely, sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import { periodOf } from '../model/period.ts';
import type { ProblemJson } from '../model/problem.ts';
import type { Retention } from '../model/retention.ts';
import { one } from './rows.ts';
import { type CronColumns, cronRules } from './site-cron.ts';
import type { Tables } from './tables.ts';
import { isoOrNull } from './time.ts';

type Shown = Pick<Answer<'site get'>, 'cron' | 'backup'>;

interface SiteRow extends CronColumns {
  readonly id: string;
  readonly backupEveryS: number | null;
  readonly backupRetention: Retention | null;
}

interface TurnRow {
  readonly queue: string;
  readonly siteId: string;
  readonly dueAt: Date;
  readonly lastAt: Date | null;
  readonly failures: number;
  readonly problem: ProblemJson | null;
}

/** How sites are swept, and how that went, as the API shows it, by id. */
export async function turnsOfSites(db: Kysely<Tables>, ids: readonly string[]): Promise<(site: string) => Shown> {
  const rules = await cronRules(db);
  const { rows: queues } = await sql<{
    everyS: number | null;
  }>`select every_s from queue where name = 'backup'`.execute(db);
  const { rows } = await sql<SiteRow>`
    select site.id, cron_every_s, cron_by, platform.application, backup_every_s, backup_retention
    from site join platform on platform.id = site.platform_id where site.id = any (${[...ids]}::bigint[])`.execute(db);
  const { rows: turns } = await sql<TurnRow>`
    select queue, subject_id as site_id, due_at, last_at, failures, last_problem as problem from turn
    where queue in ('cron', 'backup') and subject_id = any (${[...ids]}::bigint[])`.execute(db);
  const turnOf = (queue: string, id: string) => shown(turns.find((one) => one.queue === queue && one.siteId === id));
  const found = new Map(
    rows.map(({ id, backupEveryS, backupRetention, ...row }) => {
      const { everySeconds, by } = rules(row);
      const everyBackup = backupEveryS ?? queues[0]?.everyS ?? 0;
      return [
        id,
        {
          cron: { every: periodOf(everySeconds), by, isOwn: row.cronEveryS !== null, ...turnOf('cron', id) },
          backup: {
            ...{ every: periodOf(everyBackup), isOwn: backupEveryS !== null },
            ...{ retention: backupRetention && { ...backupRetention }, ...turnOf('backup', id) },
          },
        },
      ];
    }),
  );
  return (id) =>
    one(
      [found.get(id)].flatMap((each) => each ?? []),
      `there is no site ${id}`,
    );
}

const shown = (turn: TurnRow | undefined) => ({
  dueAt: isoOrNull(turn?.dueAt ?? null),
  lastAt: isoOrNull(turn?.lastAt ?? null),
  failures: turn?.failures ?? 0,
  problem: turn?.problem ?? null,
});
