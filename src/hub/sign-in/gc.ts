import { type Kysely, sql } from 'kysely';
import type { Tables } from '../tables.ts';
import { liveSession } from './sessions.ts';

/** What opens nothing any more. Sessions stay a month, for who asks who was there. */
export async function forgetSignIns(db: Kysely<Tables>): Promise<void> {
  await sql`delete from challenge where expires_at < now()`.execute(db);
  await sql`delete from guess where last_at < now() - interval '1 day' and until < now()`.execute(db);
  await sql`delete from one_time_link where expires_at < now() - interval '30 days'`.execute(db);
  await sql`
    delete from session where last_seen_at < now() - interval '30 days' and not (${liveSession})`.execute(db);
}
