import { sql } from 'kysely';
import type { Answer, Given } from '../api/endpoints.ts';
import type { OfferedVariables } from '../model/offer.ts';
import { type FieldProblem, Problem } from '../model/problem.ts';
import { taken } from './client.ts';
import { jsonb } from './database.ts';
import { tagged } from './etag.ts';
import type { Asked, Asking, Handler, Hub } from './hub.ts';
import { byName, contains, listPage, live } from './list.ts';
import { resolve } from './resolve.ts';
import { one } from './rows.ts';
import { addressOfPanel } from './sign-in/one-time-link.ts';
import { iso } from './time.ts';

type Offer = Answer<'offer get'>;
type OfferRow = Omit<Offer, 'createdAt' | 'etag' | 'signUpPage'> & {
  readonly version: string | null;
  readonly createdAt: Date;
};

const failedSpare = sql`spare.handed_over_at is null and (spare.state = 'failed' or spare.ended_at is not null)`;
const columns = sql`offer.id, offer.name, offer.title, offer.status, reserve.name as reserve, template.name as template,
  platform.name as platform, platform.application, platform.version, offer.pattern, client.name as client, offer.sites_max,
  offer.backups_max, offer.disk_max_mb, offer.daily_max, offer.variables, offer.sign_up, offer.origins, offer.created_at,
  (select sign_up.problem from sign_up where sign_up.offer_id = offer.id and sign_up.problem is not null
     and sign_up.status in ('waiting', 'failed') order by sign_up.id desc limit 1) as mail_problem,
  (select jsonb_build_object('all', count(*), 'lastDay', count(*) filter (where site_order.created_at > now() - interval '1 day'),
     'failed', count(*) filter (where ${failedSpare}),
     'unconfirmed', (select count(*) from sign_up where sign_up.offer_id = offer.id and sign_up.status in ('waiting', 'sent')
                       and sign_up.expires_at > now()))
   from site_order join spare on spare.id = site_order.spare_id where site_order.offer_id = offer.id) as orders`;
const from = sql`offer join reserve on reserve.id = offer.reserve_id join site as template on template.id = reserve.template_id
  join platform on platform.id = coalesce(reserve.platform_id, template.platform_id)
  left join client on client.id = offer.client_id`;
/** `panel`: where people reach the hub. */
const answer = ({ version: _, ...row }: OfferRow, panel: string): Offer =>
  tagged('offer', {
    ...row,
    signUpPage: row.signUp && row.status === 'enabled' ? `${panel}/sign-up/${row.name}` : null,
    createdAt: iso(row.createdAt),
  });

async function offerRow(tx: Asking['tx'], id: string): Promise<OfferRow> {
  const { rows } = await sql<OfferRow>`select ${columns} from ${from} where offer.id = ${id}`.execute(tx);
  return one(rows, `there is no offer ${id}`);
}

const list: Handler<'offer list'> = async ({ query }, { tx, hub }) => {
  const where = [live('offer', query.status), contains(['offer.name', 'offer.title', 'offer.pattern'], query.q)];
  const page = await listPage<OfferRow>(tx, { columns, from, where, keys: byName('offer') }, query);
  const panel = await addressOfPanel(tx, hub);
  return { ...page, items: page.items.map((row) => answer(row, panel)) };
};

const get: Handler<'offer get'> = async ({ params }, asked) => {
  const { id } = await resolve(asked, 'offer', params.name);
  return answer(await offerRow(asked.tx, id), await addressOfPanel(asked.tx, asked.hub));
};

const create: Handler<'offer create'> = async ({ body }, asked) => {
  const { tx } = asked;
  const reserve = await resolve(asked, 'reserve', body.reserve, { lock: true });
  const client = body.client === undefined ? null : (await resolve(asked, 'client', body.client)).id;
  const { rows } = await sql<{ id: string }>`
    insert into offer (name, title, reserve_id, pattern, client_id, sites_max, backups_max, disk_max_mb, daily_max, variables, sign_up,
                       origins)
    values (${body.name}, ${body.title ?? body.name}, ${reserve.id}, ${body.pattern}, ${client}, ${body.sitesMax},
            ${body.backupsMax ?? null}, ${body.diskMaxMb ?? null}, ${body.dailyMax}, ${jsonb(body.variables ?? {})}::jsonb,
            ${body.signUp}, ${body.origins ?? []})
    on conflict do nothing returning id`.execute(tx);
  if (!rows[0]) throw taken('offer', body.name);
  return { offer: await checked(asked, rows[0].id) };
};

const set: Handler<'offer set'> = async ({ params, body }, asked) => {
  const { tx } = asked;
  const { id, name } = await resolve(asked, 'offer', params.name, { lock: true });
  const change = await changedColumns(asked, name, body);
  if (Object.keys(change).length > 0) await tx.updateTable('offer').set(change).where('id', '=', id).execute();
  return { offer: await checked(asked, id) };
};

async function changedColumns(asked: Asked, name: string, body: Given<'offer set'>['body']) {
  const { title, reserve, client, variables, signUp, ...same } = body;
  return {
    ...Object.fromEntries(Object.entries(same).filter(([, value]) => value !== undefined)),
    ...(title !== undefined && { title: title ?? name }),
    ...(signUp !== undefined && { signUp: signUp ?? false }),
    ...(reserve !== undefined && { reserveId: (await resolve(asked, 'reserve', reserve, { lock: true })).id }),
    ...(client !== undefined && { clientId: client === null ? null : (await resolve(asked, 'client', client)).id }),
    ...(variables !== undefined && { variables: jsonb(variables) }),
  };
}

/** As it is now, all of it together: what the application of its reserve lets nobody set, no customer may be offered. */
async function checked({ tx, hub }: Pick<Asked, 'tx' | 'hub'>, id: string): Promise<Offer> {
  const row = await offerRow(tx, id);
  const fields = refusedVariables(hub, row, row.variables);
  if (fields.length > 0)
    throw new Problem('invalid', `${fields[0]?.path} ${fields[0]?.message}`, {
      hint: 'Leave it out: what is offered is for anybody to set.',
      fields,
    });
  return answer(row, await addressOfPanel(tx, hub));
}

function refusedVariables(
  { catalog }: Pick<Hub, 'catalog'>,
  { application, version }: Pick<OfferRow, 'application' | 'version'>,
  variables: OfferedVariables,
): readonly FieldProblem[] {
  const found = catalog.applications.find(({ name }) => name === application);
  return Object.entries(variables).flatMap(([name, { variable }]) => {
    const why = found?.refusesVariable(variable, version) ?? null;
    return why === null ? [] : [{ path: `variables.${name}`, message: `${variable} ${why}` }];
  });
}

const remove: Handler<'offer delete'> = async ({ params }, asked) => {
  const { tx } = asked;
  const { id, name } = await resolve(asked, 'offer', params.name, { lock: true });
  await sql`update offer set status = 'deleted' where id = ${id}`.execute(tx);
  await sql`update token set revoked_at = coalesce(revoked_at, now()) where offer_id = ${id}`.execute(tx);
  return { deleted: name };
};

export const offerHandlers = {
  'offer list': list,
  'offer get': get,
  'offer create': create,
  'offer set': set,
  'offer delete': remove,
};
