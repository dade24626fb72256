import { type Kysely, sql } from 'kysely';
import type { Given } from '../api/endpoints.ts';
import type { Json } from '../model/json.ts';
import { hostOf, type OfferedVariables, variablesGiven } from '../model/offer.ts';
import type { Owner } from '../model/owner.ts';
import { Problem } from '../model/problem.ts';
import { mayDo } from './access.ts';
import { jsonb } from './database.ts';
import { type Asked, accountOf, byItself } from './hub.ts';
import { claimSite } from './reserve-claim.ts';
import { one } from './rows.ts';
import { chosenClient } from './site-create.ts';
import type { Tables } from './tables.ts';

interface OfferRow {
  readonly name: string;
  readonly status: string;
  readonly reserveId: string;
  readonly pattern: string;
  readonly clientId: string | null;
  readonly sitesMax: number | null;
  readonly backupsMax: number | null;
  readonly diskMaxMb: number | null;
  readonly dailyMax: number;
  readonly variables: OfferedVariables;
}

type Ordering = Pick<Asked, 'tx' | 'hub' | 'caller'>;
export type Wanted = Omit<Given<'order create'>['body'], 'offer'>;

/**
 * A site of this offer, which the caller holds, for a customer: answers the order's id. Throws Problem 'invalid' with its fields,
 * 'conflict' for a name that is taken, 'throttled' when no more are sold today, 'wrong-status' when none can be had.
 */
export async function placeOrder(asked: Ordering, offerId: string, wanted: Wanted): Promise<string> {
  const { tx } = asked;
  const offer = await openOffer(tx, offerId);
  const owner = ownerOf(offer, wanted);
  await demandDaily(tx, offerId, offer);
  const order = { host: hostOf(offer.pattern, wanted.name), title: wanted.title ?? wanted.name, email: wanted.email };
  const id = await insertOrder(asked, offerId, { ...wanted, ...order }, owner);
  try {
    const clientId =
      offer.clientId === null ? await newClient(tx, id, offer, order) : await itsClient(asked, offer.clientId);
    const { spare } = await claimSite(asked, offer.reserveId, { ...order, name: order.host, clientId, owner });
    await sql`update site_order set spare_id = ${spare} where id = ${id}`.execute(tx);
  } catch (error) {
    throw isOurs(error) && !mayDo(asked.caller, 'hub read') ? notToBeHad(offer) : error;
  }
  return id;
}

async function openOffer(tx: Kysely<Tables>, id: string): Promise<OfferRow> {
  const { rows } = await sql<OfferRow>`
    select name, status, reserve_id, pattern, client_id, sites_max, backups_max, disk_max_mb, daily_max, variables
    from offer where id = ${id}`.execute(tx);
  const offer = one(rows, `there is no offer ${id}`);
  if (offer.status !== 'enabled') throw notToBeHad(offer);
  return offer;
}

/** What the customer says of the site, as its application has it. Throws Problem 'invalid' with the fields. */
export function ownerOf({ variables: offered }: Pick<OfferRow, 'variables'>, { account, values = {} }: Wanted): Owner {
  const { variables, problems } = variablesGiven(offered, values);
  if (problems.length > 0)
    throw new Problem(
      'invalid',
      `the values are not what this offer takes: ${problems[0]?.path} ${problems[0]?.message}`,
      {
        hint: 'Correct the fields that are named, and send it again.',
        fields: problems.slice(0, 100),
      },
    );
  return { ...(account !== undefined && { account }), ...(Object.keys(variables).length > 0 && { variables }) };
}

/** Somebody who orders all night fills no disk. */
async function demandDaily(tx: Kysely<Tables>, id: string, { name, dailyMax }: OfferRow): Promise<void> {
  const { rows } = await sql<{ count: number; freeMs: number }>`
    select count(*)::int as count, (extract(epoch from min(created_at) + interval '1 day' - now()) * 1000)::int as free_ms
    from site_order where offer_id = ${id} and created_at > now() - interval '1 day'`.execute(tx);
  const { count, freeMs } = one(rows, 'a count');
  if (count < dailyMax) return;
  throw new Problem('throttled', `no more sites of the offer ${name} are made today`, {
    hint: `There are ${dailyMax} in 24 hours: try again later.`,
    retryAfterMs: Math.max(freeMs ?? 60_000, 1000),
  });
}

async function insertOrder(
  { tx, caller }: Ordering,
  offer: string,
  { name, host, title, email }: { readonly [Key in 'name' | 'host' | 'title' | 'email']: string },
  owner: Owner,
): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    insert into site_order (offer_id, account_id, name, host, title, email, owner)
    values (${offer}, ${accountOf({ caller })}, ${name}, ${host}, ${title}, ${email}, ${jsonb({ ...owner } as Json)}::jsonb)
    returning id`.execute(tx);
  return one(rows, 'the order just inserted').id;
}

/** Called by the order's number; where somebody has such a client already, by the next that is free. */
async function newClient(
  tx: Kysely<Tables>,
  order: string,
  { sitesMax, backupsMax, diskMaxMb }: OfferRow,
  { title, email }: { readonly title: string; readonly email: string },
): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    insert into client (name, title, email, sites_max, backups_max, disk_max_mb)
    select free.name, ${title}, ${email}, ${sitesMax}, ${backupsMax}, ${diskMaxMb}
    from (select 'c' || ${order} || case when nth = 0 then '' else '-' || nth end as name from generate_series(0, 99) as nth) as free
    where not exists (select from client where client.name = free.name) limit 1
    on conflict do nothing returning id`.execute(tx);
  return one(rows, 'there is no name for a new client').id;
}

const itsClient = ({ tx }: Ordering, id: string): Promise<string> =>
  chosenClient({ tx, caller: byItself({ noun: 'site' }).caller, endpoint: 'site create' }, id);

/** Nothing that the customer could mend: the reserve, the platform, the quota of whoever sells. */
const isOurs = (error: unknown): boolean =>
  error instanceof Problem && ['wrong-status', 'not-found', 'forbidden', 'over-quota', 'in-use'].includes(error.code);

const notToBeHad = ({ name }: Pick<OfferRow, 'name'>): Problem =>
  new Problem('wrong-status', `the offer ${name} cannot be had just now`, {
    hint: 'Try again later. Who cares for the hub sees why: aegir offer get, aegir reserve get.',
  });
