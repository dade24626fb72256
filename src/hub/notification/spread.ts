import { type Kysely, sql } from 'kysely';
import { everything } from '../../model/permission.ts';
import type { HubDatabase } from '../database.ts';
import { settingValue } from '../setting.ts';
import type { Tables } from '../tables.ts';
import { concerning, ways, withoutMail } from './kinds.ts';
import { seenBy } from './seen.ts';

const atOnce = 200;

/**
 * Finds whom the oldest happenings concern, and lays a notification for each of their ways into the outbox. Any number of
 * hubs may do it at once. Answers how many.
 */
export const spread = ({ db }: Pick<HubDatabase, 'db'>): Promise<number> =>
  db.transaction().execute(async (tx) => {
    const { rows: taken } = await sql<{ id: string }>`
      update happening set spread_at = now()
      where id in (select id from happening where spread_at is null order by id limit ${atOnce} for update skip locked)
      returning id`.execute(tx);
    const ids = taken.map(({ id }) => id);
    if (ids.length === 0) return 0;
    const hasMail = (await settingValue(tx, 'mail.smtp')) !== null;
    const found = await concerned(tx, ids);
    for (const [account, all] of Map.groupBy(found, ({ accountId }) => accountId)) {
      const seen = await seenBy(
        tx,
        account,
        all.map(({ happeningId }) => happeningId),
      );
      const by = (way: string): string[] =>
        all.filter((one) => one.way === way && seen.has(one.happeningId)).map(({ happeningId }) => happeningId);
      if (hasMail) await layMails(tx, account, by('mail'));
      await layWebhooks(tx, account, by('webhook'));
    }
    return ids.length;
  });

interface Concern {
  readonly happeningId: string;
  readonly accountId: string;
  readonly way: string;
}

/** Who has chosen it, and whom it concerns by default. Whether they may see it is asked after that. */
async function concerned(tx: Kysely<Tables>, ids: readonly string[]): Promise<readonly Concern[]> {
  const { rows } = await sql<Concern>`
    with taken as (
      select happening.id, happening.kind, coalesce(happening.subject_type, task.subject_type) as subject_type,
             coalesce(happening.subject_id, task.subject_id) as subject_id, happening.batch_id,
             happening.order_id
      from happening left join task on task.id = happening.task_id
      where happening.id = any (${[...ids]}::bigint[])),
    owner as (
      select taken.id, taken.kind, site.client_id from taken join site on site.id = taken.subject_id
        where taken.subject_type = 'site'
      union
      select taken.id, taken.kind, site.client_id from taken join backup on backup.id = taken.subject_id
        join site on site.id = backup.site_id where taken.subject_type = 'backup'
      union
      select taken.id, taken.kind, certificate.client_id from taken join certificate on certificate.id = taken.subject_id
        where taken.subject_type = 'certificate'
      union
      select taken.id, taken.kind, site.client_id from taken join batch_member on batch_member.batch_id = taken.batch_id
        join site on site.id = batch_member.subject_id),
    by_default as (
      select owner.id, owner.kind, membership.account_id from owner
        join membership on membership.client_id = owner.client_id
        where owner.kind = any (${concerning('clients')}::text[])
      union
      select taken.id, taken.kind, membership.account_id from taken
        join role on ${everything} = any (role.permissions)
        join membership on membership.role_id = role.id and membership.client_id is null
        where taken.kind = any (${concerning('administrators')}::text[])
      union
      select taken.id, taken.kind, batch.account_id from taken join batch on batch.id = taken.batch_id
        where batch.account_id is not null and taken.kind = any (${concerning('asker')}::text[])
      union
      select taken.id, taken.kind, site_order.account_id from taken join site_order on site_order.id = taken.order_id
        where site_order.account_id is not null and taken.kind = any (${concerning('asker')}::text[]))
    select taken.id as happening_id, choice.account_id, choice.way from taken
      join notification_choice choice on choice.kind = taken.kind and choice.choice = 'always'
    union
    select by_default.id, by_default.account_id, way.name from by_default cross join unnest(${[...ways]}::text[]) as way (name)
    where not (way.name = 'mail' and by_default.kind = any (${withoutMail}::text[])) and not exists (
      select from notification_choice choice where choice.account_id = by_default.account_id
        and choice.kind = by_default.kind and choice.way = way.name)`.execute(tx);
  return rows;
}

const layMails = (tx: Kysely<Tables>, account: string, happenings: readonly string[]): Promise<unknown> =>
  sql`
    insert into notification (happening_id, account_id)
    select happening, account.id from account, unnest(${[...happenings]}::bigint[]) as happening
    where account.id = ${account} and account.email is not null order by happening
    on conflict do nothing`.execute(tx);

const layWebhooks = (tx: Kysely<Tables>, account: string, happenings: readonly string[]): Promise<unknown> =>
  sql`
    insert into notification (happening_id, account_id, webhook_id)
    select happening, webhook.account_id, webhook.id from webhook, unnest(${[...happenings]}::bigint[]) as happening
    where webhook.account_id = ${account} and webhook.status = 'enabled' order by happening
    on conflict do nothing`.execute(tx);
