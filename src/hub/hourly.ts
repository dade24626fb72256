import { sql } from 'kysely';
import { forgetAllowances } from './allowance.ts';
import { collectBackups } from './backup-gc.ts';
import type { Hub } from './hub.ts';
import { forgetHappenings } from './notification/gc.ts';
import { forgetSpares } from './reserve-run.ts';
import { settingValue } from './setting.ts';
import { forgetSignIns } from './sign-in/gc.ts';
import { forgetSignUps } from './sign-up/sign-ups.ts';
import { forgetStatistics } from './statistics.ts';
import { forgetTasks } from './task-control.ts';
import { forgetRuns } from './turns.ts';

interface Hourly {
  /** For who reads the list of queues. */
  readonly about: string;
  forget(hub: Pick<Hub, 'database' | 'catalog' | 'sealKey'>): Promise<unknown>;
}

const dayMs = 24 * 60 * 60_000;

/** Queues that once an hour forget what has had its time, by name. */
export const hourly: { readonly [queue: string]: Hourly } = {
  'task gc': {
    about: 'forgets old tasks with their logs',
    forget: async ({ database: { db } }) => forgetTasks(db, (await settingValue(db, 'task.retention-days')) * dayMs),
  },
  'backup gc': { about: 'deletes backups that no rule keeps', forget: collectBackups },
  'notification gc': {
    about: 'forgets old notifications and what they told of',
    forget: ({ database: { db } }) => forgetHappenings(db),
  },
  'run gc': {
    about: 'forgets old runs, statistics, and spares that are over',
    forget: async ({ database: { db } }) => {
      await forgetRuns(db, await settingValue(db, 'queue.runs-kept'));
      await forgetStatistics(db);
      await forgetSpares(db);
      await forgetSignUps(db);
    },
  },
  'sign-in gc': {
    about: 'forgets sessions, links and guesses that are over',
    forget: async ({ database: { db } }) => {
      await forgetSignIns(db);
      await forgetAllowances(db);
    },
  },
  'audit gc': {
    about: 'forgets who did what, long ago',
    forget: async ({ database: { db } }) =>
      sql`select forget_audit(${await settingValue(db, 'audit.retention-days')})`.execute(db),
  },
};
