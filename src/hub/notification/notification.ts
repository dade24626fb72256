import { type RawBuilder, sql } from 'kysely';
import type { Answer } from '../../api/endpoints.ts';
import { Problem, type ProblemJson } from '../../model/problem.ts';
import type { Handler, Reader } from '../hub.ts';
import { equals, listPage } from '../list.ts';
import { settingValue } from '../setting.ts';
import { ownOr } from '../sign-in/own.ts';
import { iso, isoOrNull } from '../time.ts';
import { visible } from '../visible.ts';
import { deliverMail, deliverRequest } from './deliver.ts';
import { testKind } from './kinds.ts';
import { leaseS } from './outbox.ts';
import { ownAccount, refusal } from './own-account.ts';

interface NotificationRow {
  readonly id: string;
  readonly kind: string;
  readonly task: string | null;
  readonly batch: string | null;
  readonly subject: string | null;
  readonly account: string;
  readonly way: 'mail' | 'webhook';
  readonly webhook: string | null;
  readonly status: string;
  readonly attempts: number;
  readonly problem: ProblemJson | null;
  readonly createdAt: Date;
  readonly nextAt: Date;
  readonly endedAt: Date | null;
}

const columns = sql`notification.id, happening.kind, happening.task_id as task, happening.batch_id as batch,
  coalesce(task.subject_name, batch.title, happening.subject_name) as subject, account.name as account,
  case when notification.webhook_id is null then 'mail' else 'webhook' end as way, notification.webhook_id as webhook,
  notification.status, notification.attempts, notification.problem, notification.created_at, notification.next_at,
  notification.ended_at`;
const from = sql`notification join happening on happening.id = notification.happening_id
  join account on account.id = notification.account_id
  left join task on task.id = happening.task_id left join batch on batch.id = happening.batch_id`;

const answer = ({
  createdAt,
  nextAt,
  endedAt,
  problem,
  ...row
}: NotificationRow): Answer<'notification test'>['items'][0] => ({
  ...row,
  problem: problem && { message: problem.message, hint: problem.hint ?? null, causes: [...problem.causes] },
  createdAt: iso(createdAt),
  nextAt: row.status === 'waiting' ? iso(nextAt) : null,
  endedAt: isoOrNull(endedAt),
});

/** What was told. What one may not see any more is not told of here either. */
const seen = (caller: Parameters<typeof visible>[1]): RawBuilder<unknown> => sql`
  (task.id is null or ${visible('task', caller)}) and (batch.id is null or ${visible('batch', caller)})
  and (happening.subject_type is distinct from 'site'
    or exists (select from site where site.id = happening.subject_id and ${visible('site', caller)}))
  and (happening.subject_type is distinct from 'platform'
    or exists (select from platform where platform.id = happening.subject_id and ${visible('platform', caller)}))`;

const list: Handler<'notification list'> = async ({ query }, asked) => {
  const { tx, caller } = asked;
  const account = await ownOr(asked, query.account, refusal);
  const where = [
    account === null ? null : equals('notification.account_id', account),
    seen(caller),
    equals('notification.status', query.status),
    equals('notification.webhook_id', query.webhook),
    equals('happening.kind', query.kind),
  ];
  const keys = [{ column: 'notification.id', type: 'bigint' }] as const;
  const page = await listPage<NotificationRow>(tx, { columns, from, where, keys, descending: true }, query);
  return { ...page, items: page.items.map(answer) };
};

const testsMax = 5;
const testsWithinS = 600;

/** In transactions of its own, see `alone` in app.ts: a mail is not sent in one that may be rolled back. Asked again, it sends again. */
const test: Handler<'notification test'> = async ({ body }, asked) => {
  const { hub } = asked;
  const { db } = hub.database;
  const accountId = await ownAccount(asked, body.account);
  const laid = await db.transaction().execute((tx) => layTest(tx, accountId));
  for (const { id, webhookId, url, secret } of laid) {
    const claimed = { accountId, ids: [id] };
    if (webhookId === null) await deliverMail(hub, claimed, { once: true });
    else await deliverRequest(hub, { ...claimed, webhook: { id: webhookId, url, secret } }, { once: true });
  }
  const { rows } = await sql<NotificationRow>`
    select ${columns} from ${from} where notification.id = any (${laid.map(({ id }) => id)}::bigint[])
    order by notification.id`.execute(db);
  return { items: rows.map(answer) };
};

interface Laid {
  readonly id: string;
  readonly webhookId: string | null;
  readonly url: string;
  readonly secret: Buffer;
}

/** One for each way that there is, in our hands already. Throws Problem 'throttled', or 'wrong-status' when there is none. */
async function layTest(tx: Reader, account: string): Promise<readonly Laid[]> {
  await sql`select from account where id = ${account} for no key update`.execute(tx);
  const { rows: before } = await sql<{ count: number; waitS: number }>`
    select count(*)::int as count, coalesce(${testsWithinS} - extract(epoch from now() - min(at)), 0)::float8 as wait_s
    from happening where account_id = ${account} and kind = ${testKind}
      and at > now() - make_interval(secs => ${testsWithinS})`.execute(tx);
  const { count = 0, waitS = 0 } = before[0] ?? {};
  if (count >= testsMax)
    throw new Problem('throttled', `${testsMax} tests were sent within ten minutes`, {
      hint: 'aegir notification list says what became of them.',
      retryAfterMs: Math.ceil(waitS * 1000),
    });
  const hasMail = (await settingValue(tx, 'mail.smtp')) !== null;
  const { rows } = await sql<Laid>`
    with happened as (insert into happening (kind, account_id, spread_at) values (${testKind}, ${account}, now()) returning id),
    way as (
      select null::bigint as webhook_id, null as url, null::bytea as secret from account
        where id = ${account} and email is not null and ${hasMail}
      union all
      select id, url, secret from webhook where account_id = ${account} and status = 'enabled'),
    laid as (
      insert into notification (happening_id, account_id, webhook_id, attempts, leased_until)
      select happened.id, ${account}, way.webhook_id, 1, now() + make_interval(secs => ${leaseS}) from happened, way
      returning id, webhook_id)
    select laid.id, laid.webhook_id, way.url, way.secret
    from laid join way on way.webhook_id is not distinct from laid.webhook_id order by laid.id`.execute(tx);
  if (rows.length > 0) return rows;
  throw new Problem('wrong-status', 'there is no way to tell this account of anything', {
    hint: hasMail
      ? 'Give the account a mail address, or make a webhook.'
      : 'The hub has no mail server (setting mail.smtp): an administrator sets it, or make a webhook.',
  });
}

export const notificationHandlers = { 'notification list': list, 'notification test': test };
