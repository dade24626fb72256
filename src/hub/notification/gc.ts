import { type Kysely, sql } from 'kysely';
import type { Tables } from '../tables.ts';

const keptDays = 30;

/** What is told, or never will be. A thousand at a time; their notifications go with them. */
export const forgetHappenings = (db: Kysely<Tables>): Promise<unknown> =>
  sql`
    delete from happening where id in (
      select id from happening where at < now() - make_interval(days => ${keptDays}) order by at limit 1000)`.execute(
    db,
  );
