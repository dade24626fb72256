import { type RawBuilder, sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import { Problem } from '../model/problem.ts';
import { mayDo, refused } from './access.ts';
import type { Asked, Handler, Reader } from './hub.ts';
import { contains, equals, listPage } from './list.ts';
import { placeOrder } from './order-place.ts';
import { resolve } from './resolve.ts';
import { one } from './rows.ts';
import { unseal } from './seal.ts';
import type { Options } from './service-options.ts';
import { taskSecret } from './site-secrets.ts';
import { urlOf } from './site-url.ts';
import { iso, isoOrNull } from './time.ts';
import { visible } from './visible.ts';

type Order = Answer<'order get'>['order'];

interface OrderRow extends Omit<Order, 'url' | 'loginLink' | 'createdAt' | 'readyAt'> {
  readonly host: string;
  readonly tls: string;
  readonly httpOptions: Options;
  /** That has made the login link. */
  readonly handOver: string | null;
  readonly createdAt: Date;
  readonly readyAt: Date | null;
}

/** The hub sees that the task is done a moment after its worker: who waits need not. */
const isHandedOver = sql`(spare.handed_over_at is not null
  or spare.state = 'claimed' and task.name = 'site hand-over' and task.status = 'done')`;
const status = sql`case when ${isHandedOver} then 'ready'
  when spare.state = 'failed' or spare.ended_at is not null then 'failed' else 'working' end`;
const columns = sql`site_order.id, offer.name as offer, site_order.name, site_order.title, site_order.email, site_order.host,
  ${status} as status, jsonb_build_object('id', site.id::text, 'name', site.name, 'status', site.status) as site,
  client.name as client, site.tls, http.options as http_options, account.name as by, site_order.created_at,
  case when task.id is not null then jsonb_build_object('id', task.id::text, 'name', task.name, 'status', task.status) end as task,
  case when ${isHandedOver} then coalesce(spare.hand_over_task_id, spare.task_id) end as hand_over,
  case when ${isHandedOver} then coalesce(spare.handed_over_at, task.ended_at) end as ready_at`;
const from = sql`site_order join offer on offer.id = site_order.offer_id join spare on spare.id = site_order.spare_id
  join site on site.id = spare.site_id join client on client.id = site.client_id
  join platform on platform.id = site.platform_id join service http on http.id = platform.http_service_id
  left join task on task.id = spare.task_id left join account on account.id = site_order.account_id`;

const answer = ({ host, tls, httpOptions, handOver: _, ...row }: OrderRow, loginLink: string | null): Order => ({
  ...row,
  url: urlOf({ name: host, redirection: null, tls }, httpOptions),
  loginLink,
  createdAt: iso(row.createdAt),
  readyAt: isoOrNull(row.readyAt),
});

async function orderById(tx: Reader, id: string, where: RawBuilder<unknown>): Promise<OrderRow> {
  const { rows } = await sql<OrderRow>`
    select ${columns} from ${from} where site_order.id = ${id} and ${where}`.execute(tx);
  return one(rows, `there is no order ${id}`);
}

const list: Handler<'order list'> = async ({ query }, asked) => {
  const offer = query.offer === undefined ? undefined : (await resolve(asked, 'offer', query.offer)).id;
  const page = await listPage<OrderRow>(
    asked.tx,
    {
      ...{ columns, from },
      where: [
        visible('order', asked.caller),
        equals('site_order.offer_id', offer),
        query.status === undefined ? null : sql`${status} = ${query.status}`,
        contains(['site_order.host', 'site_order.email', 'site_order.title'], query.q),
      ],
      keys: [{ column: 'site_order.id', type: 'bigint' }],
      descending: true,
    },
    query,
  );
  return { ...page, items: page.items.map((row) => answer(row, null)) };
};

const get: Handler<'order get'> = async ({ params }, asked) => {
  const { tx, hub, caller } = asked;
  const row = await orderById(tx, params.order, visible('order', caller));
  // Who only cares for clients comes into no site by this.
  const link = mayDo(caller, 'offer order') ? await loginLink(tx, hub, row.handOver) : null;
  return { order: answer(row, link) };
};

/** As it was made for the customer: one that somebody has asked for later is not theirs. */
async function loginLink(
  tx: Reader,
  { sealKey }: Pick<Asked['hub'], 'sealKey'>,
  handOver: string | null,
): Promise<string | null> {
  if (handOver === null) return null;
  const { rows } = await sql<{ sealed: Buffer }>`
    select sealed from task_secret join task on task.id = task_secret.task_id
    where task.id = ${handOver} and task.name = 'site hand-over' and task_secret.name = 'loginLink'
      and task_secret.created_at > now() - interval '1 day'`.execute(tx);
  return rows[0] ? unseal(sealKey, rows[0].sealed, taskSecret(handOver, 'loginLink')).reveal() : null;
}

/** For who has ordered it on the sign-up page: as far as they are to know. */
export async function orderProgress(
  tx: Reader,
  hub: Pick<Asked['hub'], 'sealKey'>,
  id: string,
): Promise<Pick<Order, 'status' | 'url' | 'title' | 'loginLink'>> {
  const row = await orderById(tx, id, sql`true`);
  return answer(row, await loginLink(tx, hub, row.handOver));
}

const create: Handler<'order create'> = async ({ body }, asked) => {
  const { tx, caller } = asked;
  const { id } = await resolve(asked, 'offer', wantedOffer(asked, body.offer), { lock: true });
  if (caller.kind === 'account' && caller.offer !== undefined && caller.offer !== id)
    throw refused(caller, 'order sites of another offer');
  const order = await placeOrder(asked, id, body);
  return { order: answer(await orderById(tx, order, sql`true`), null) };
};

function wantedOffer({ caller }: Asked, given: string | undefined): string {
  const wanted = given ?? (caller.kind === 'account' ? caller.offer : undefined);
  if (wanted !== undefined) return wanted;
  throw new Problem('invalid', 'it is not said which offer is meant', {
    hint: 'Name it, or use a token that is for one offer: aegir token create --offer.',
    fields: [{ path: 'offer', message: 'is missing' }],
  });
}

export const orderHandlers = { 'order list': list, 'order get': get, 'order create': create };
