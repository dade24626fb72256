import { type Kysely, sql } from 'kysely';
import { Problem } from '../model/problem.ts';
import type { Tables } from './tables.ts';

/** How often something may be asked for within a time that begins with the first. */
export interface Allowance {
  readonly most: number;
  readonly withinS: number;
}

/** How it stands after one more, which is counted. */
export interface Used extends Allowance {
  readonly used: number;
  /** Until it begins anew. */
  readonly leftMs: number;
}

/**
 * Counts one more, also of what then fails, on however many hubs. Takes no transaction: it stays counted whatever becomes of the
 * request; whether it still was allowed `demandLeft` says.
 */
export async function countOneMore(db: Kysely<Tables>, key: string, allowance: Allowance): Promise<Used> {
  const isOver = sql`allowance.until <= now()`;
  const { rows } = await sql<{ used: number; leftMs: number }>`
    insert into allowance (key, used, until) values (${key}, 1, now() + make_interval(secs => ${allowance.withinS}))
    on conflict (key) do update set
      used = case when ${isOver} then 1 else least(allowance.used, 1000000000) + 1 end,
      until = case when ${isOver} then excluded.until else allowance.until end
    returning used, ceil(extract(epoch from until - now()) * 1000)::int as left_ms`.execute(db);
  const { used = 1, leftMs = 0 } = rows[0] ?? {};
  return { ...allowance, used, leftMs };
}

/** Throws Problem 'throttled' when it is used up. */
export function demandLeft({ used, most, withinS, leftMs }: Used): void {
  if (used <= most) return;
  const retryAfterMs = Math.max(leftMs, 1000);
  throw new Problem('throttled', `there were more than ${most} of these requests within ${inWords(withinS)}`, {
    hint: `Try again in ${Math.ceil(retryAfterMs / 1000)} s.`,
    retryAfterMs,
  });
}

const inWords = (seconds: number): string => (seconds >= 3600 ? `${seconds / 3600} h` : `${seconds} s`);

/** Those that begin anew anyhow. */
export const forgetAllowances = (db: Kysely<Tables>): Promise<unknown> =>
  sql`delete from allowance where until <= now()`.execute(db);
