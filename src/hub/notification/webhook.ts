import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { Answer } from '../../api/endpoints.ts';
import { Problem } from '../../model/problem.ts';
import { Secret } from '../../model/secret.ts';
import { demandOver } from '../administrators.ts';
import type { Asked, Handler, Reader } from '../hub.ts';
import { contains, equals, listPage } from '../list.ts';
import { one } from '../rows.ts';
import { seal } from '../seal.ts';
import { settingValue } from '../setting.ts';
import { demandUnlimited, ownOr } from '../sign-in/own.ts';
import { iso } from '../time.ts';
import { visible } from '../visible.ts';
import { demandFit } from './address.ts';
import { ownAccount, refusal } from './own-account.ts';
import { webhookSecret } from './webhook-request.ts';
import { secretPurpose } from './webhook-rows.ts';

interface WebhookRow extends Omit<Answer<'webhook set'>, 'createdAt' | 'lastSentAt'> {
  readonly createdAt: Date;
  readonly lastSentAt: Date | null;
}
const columns = sql`webhook.id, account.name as account, webhook.title, webhook.url, webhook.status, webhook.note,
  webhook.failures, webhook.created_at,
  (select max(ended_at) from notification where webhook_id = webhook.id and notification.status = 'sent') as last_sent_at`;
const from = sql`webhook join account on account.id = webhook.account_id`;

const answer = ({ createdAt, lastSentAt, ...row }: WebhookRow): Answer<'webhook set'> => ({
  ...row,
  createdAt: iso(createdAt),
  lastSentAt: lastSentAt && iso(lastSentAt),
});

async function webhookById(tx: Reader, id: string): Promise<Answer<'webhook set'>> {
  const { rows } = await sql<WebhookRow>`select ${columns} from ${from} where webhook.id = ${id}`.execute(tx);
  return answer(one(rows, `there is no webhook ${id}`));
}

const list: Handler<'webhook list'> = async ({ query }, asked) => {
  const { tx, caller } = asked;
  const account = await ownOr(asked, query.account, refusal);
  const where = [
    visible('webhook', caller),
    account === null ? null : equals('webhook.account_id', account),
    contains(['webhook.title', 'webhook.url'], query.q),
  ];
  const keys = [{ column: 'webhook.id', type: 'bigint' }] as const;
  const page = await listPage<WebhookRow>(tx, { columns, from, where, keys }, query);
  return { ...page, items: page.items.map(answer) };
};

const webhooksMax = 10;

const create: Handler<'webhook create'> = async ({ body }, asked) => {
  const { tx, hub } = asked;
  const accountId = await ownAccount(asked, body.account);
  await demandFitting(tx, body.url);
  // Two at once: the one waits for the other here, and counts it.
  await sql`select from account where id = ${accountId} for no key update`.execute(tx);
  const { rows: before } = await sql<{ count: number }>`
    select count(*)::int as count from webhook where account_id = ${accountId}`.execute(tx);
  if ((before[0]?.count ?? 0) >= webhooksMax)
    throw new Problem('over-quota', `an account has ${webhooksMax} webhooks at most`, { hint: 'Delete one first.' });
  const secret = webhookSecret(randomBytes(32));
  const { rows } = await sql<{ id: string }>`
    insert into webhook (account_id, title, url, secret) values (${accountId}, ${body.title ?? new URL(body.url).host}, ${body.url}, '')
    returning id`.execute(tx);
  const { id } = one(rows, 'the webhook just inserted');
  const sealed = seal(hub.sealKey, new Secret(secret), secretPurpose(id));
  await sql`update webhook set secret = ${sealed} where id = ${id}`.execute(tx);
  return { secret, about: await webhookById(tx, id) };
};

const demandFitting = async (tx: Reader, url: string): Promise<void> =>
  demandFit(new URL(url), await settingValue(tx, 'webhook.networks'));

/** One that the caller sees and has power over. The row is held. */
async function ownWebhook(asked: Asked, given: string): Promise<string> {
  const { tx, caller } = asked;
  demandUnlimited(asked, refusal);
  const { rows } = await sql<{ id: string; title: string; accountId: string }>`
    select id, title, account_id from webhook where id = ${given} and ${visible('webhook', caller)} for update`.execute(
    tx,
  );
  const { id, title, accountId } = one(rows, `there is no webhook ${given}`);
  asked.met.push({ noun: 'webhook', id, name: title, client: null });
  await demandOver(asked, accountId);
  return id;
}

const set: Handler<'webhook set'> = async ({ params, body }, asked) => {
  const { tx } = asked;
  const id = await ownWebhook(asked, params.webhook);
  const { status, ...changed } = body;
  if (changed.url !== undefined) await demandFitting(tx, changed.url);
  await sql`
    update webhook set title = coalesce(${changed.title ?? null}, title), url = coalesce(${changed.url ?? null}, url)
    where id = ${id}`.execute(tx);
  if (status === 'enabled')
    await sql`update webhook set status = 'enabled', note = null, failures = 0, next_at = now() where id = ${id}`.execute(
      tx,
    );
  if (status === 'disabled') await sql`update webhook set status = 'disabled' where id = ${id}`.execute(tx);
  return webhookById(tx, id);
};

const remove: Handler<'webhook delete'> = async ({ params }, asked) => {
  const id = await ownWebhook(asked, params.webhook);
  await sql`delete from webhook where id = ${id}`.execute(asked.tx);
  return { deleted: id };
};

export const webhookHandlers = {
  'webhook list': list,
  'webhook create': create,
  'webhook set': set,
  'webhook delete': remove,
};
