import { type Kysely, sql } from 'kysely';
import { type Problem, problemJson } from '../../model/problem.ts';
import { jsonb } from '../database.ts';
import { settingValue } from '../setting.ts';
import type { Tables } from '../tables.ts';
import { testKind } from './kinds.ts';

/** Longer than anything that is sent may take. Whoever dies meanwhile has maybe sent it: then it is sent twice. */
export const leaseS = 120;
/** Waits between attempts; after the last of them there is one more. A day in all. */
const waitsS = [5, 30, 120, 600, 1800, 3600, 10_800, 21_600, 43_200];
export const attemptsMax = waitsS.length + 1;
export const waitS = (attempts: number): number => waitsS[Math.max(0, Math.min(attempts, waitsS.length) - 1)] ?? 0;

/** What makes one mail or one request. */
export interface Claimed {
  readonly accountId: string;
  readonly ids: readonly string[];
}

const digestEveryS = 600;
/** What comes one after the other is collected for so long before the first digest. */
const digestFirstS = 60;
const digestMax = 1000;

/**
 * The next mail that is due: of an account that nobody else is at. Null: there is none. One notification, as long as no
 * more than `mail.digest-after` come within ten minutes; beyond that, all that have come, once in ten minutes.
 */
export const claimMail = (db: Kysely<Tables>): Promise<Claimed | null> =>
  db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ id: string }>`
      select id from account
      where exists (select from notification where account_id = account.id and status = 'waiting'
                      and webhook_id is null and next_at <= now())
        and not exists (select from notification where account_id = account.id and status = 'waiting'
                          and webhook_id is null and leased_until > now())
      order by id limit 1 for no key update skip locked`.execute(tx);
    const [account] = rows;
    if (!account) return null;
    const nothing = { accountId: account.id, ids: [] };
    const { rows: due } = await sql<{ id: string; age: number; leased: boolean }>`
      select id, extract(epoch from now() - created_at)::float8 as age, coalesce(leased_until > now(), false) as leased
      from notification
      where account_id = ${account.id} and status = 'waiting' and webhook_id is null and next_at <= now()
      order by id limit ${digestMax}`.execute(tx);
    // Whoever was quicker by a moment has given the account free since we have looked.
    if (due.length === 0 || due.some(({ leased }) => leased)) return nothing;
    const ids = due.map(({ id }) => id);
    const waitMore = await digestWait(tx, account.id, due);
    if (waitMore === null) return lease(tx, account.id, ids.slice(0, 1));
    if (waitMore <= 0) return lease(tx, account.id, ids);
    await sql`
      update notification set next_at = now() + make_interval(secs => ${waitMore})
      where id = any (${ids}::bigint[])`.execute(tx);
    return nothing;
  });

/** Seconds until all of them may go as one; null: each goes alone. */
async function digestWait(
  tx: Kysely<Tables>,
  account: string,
  due: readonly { readonly age: number }[],
): Promise<number | null> {
  const { rows } = await sql<{ mails: number; lastAge: number | null; digestAge: number | null }>`
    select count(*)::int as mails, min(age)::float8 as last_age, min(age) filter (where size > 1)::float8 as digest_age
    from (select mail_id, count(*) as size, extract(epoch from now() - max(ended_at)) as age from notification
          join happening on happening.id = notification.happening_id
          where notification.account_id = ${account} and mail_id is not null and happening.kind <> ${testKind}
            and ended_at > now() - make_interval(secs => ${digestEveryS})
          group by mail_id) as mail`.execute(tx);
  const { mails = 0, lastAge = null, digestAge = null } = rows[0] ?? {};
  const alone = await settingValue(tx, 'mail.digest-after');
  if (mails + due.length <= alone) return null;
  // Where little had come together, the last digest was a mail of one.
  const age = mails > alone ? lastAge : digestAge;
  const collected = digestFirstS - Math.max(...due.map(({ age }) => age));
  return Math.max(collected, age === null ? 0 : digestEveryS - age);
}

async function lease(tx: Kysely<Tables>, accountId: string, ids: readonly string[]): Promise<Claimed> {
  await sql`
    update notification set leased_until = now() + make_interval(secs => ${leaseS}), attempts = attempts + 1
    where id = any (${[...ids]}::bigint[])`.execute(tx);
  return { accountId, ids };
}

export interface ClaimedRequest extends Claimed {
  readonly webhook: { readonly id: string; readonly url: string; readonly secret: Buffer };
}

/** The next request that is due. An account is asked about one at a time: a slow one of it keeps none of others waiting. */
export const claimRequest = (db: Kysely<Tables>): Promise<ClaimedRequest | null> =>
  db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ id: string; accountId: string; url: string; secret: Buffer; notification: string }>`
      select webhook.id, webhook.account_id, webhook.url, webhook.secret, due.id as notification
      from webhook join lateral (
        select id from notification where webhook_id = webhook.id and status = 'waiting' and next_at <= now()
          and (leased_until is null or leased_until <= now())
        order by attempts, id limit 1) as due on true
      where webhook.status = 'enabled' and webhook.next_at <= now()
        and not exists (select from notification where account_id = webhook.account_id and status = 'waiting'
                          and webhook_id is not null and leased_until > now())
      order by due.id limit 1 for no key update of webhook skip locked`.execute(tx);
    const [row] = rows;
    if (!row) return null;
    const { id, accountId, url, secret, notification } = row;
    const { rows: still } = await sql`
      select from notification where id = ${notification} and status = 'waiting' and coalesce(leased_until <= now(), true)
        and next_at <= now()`.execute(tx);
    if (still.length === 0) return { accountId, ids: [], webhook: { id, url, secret } }; // Another was quicker by a moment.
    return { ...(await lease(tx, accountId, [notification])), webhook: { id, url, secret } };
  });

/** All of them went as one. */
export const markSent = (db: Kysely<Tables>, ids: readonly string[], { byMail }: { readonly byMail: boolean }) =>
  sql`
    update notification set status = 'sent', ended_at = now(), leased_until = null, problem = null,
                            mail_id = ${byMail ? ids[0] : null}::bigint
    where id = any (${[...ids]}::bigint[]) and status = 'waiting'`.execute(db);

/** It is tried again, unless this was the last attempt or `forGood`. */
export function markFailed(
  db: Kysely<Tables>,
  ids: readonly string[],
  problem: Problem,
  { forGood }: { readonly forGood: boolean },
): Promise<unknown> {
  const ended = sql`(${forGood}::boolean or attempts >= ${attemptsMax})`;
  return sql`
    update notification set
      status = case when ${ended} then 'failed' else 'waiting' end, ended_at = case when ${ended} then now() end,
      leased_until = null, problem = ${jsonb(problemJson(problem))}::jsonb,
      next_at = now() + make_interval(secs => (${waitsS}::float8[])[least(attempts, ${waitsS.length})])
    where id = any (${[...ids]}::bigint[]) and status = 'waiting'`.execute(db);
}

/** Who may not see it (any more), or is not there: as if it had never been. */
export const drop = (db: Kysely<Tables>, ids: readonly string[]): Promise<unknown> =>
  sql`delete from notification where id = any (${[...ids]}::bigint[])`.execute(db);
