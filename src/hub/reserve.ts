import { type Kysely, sql } from 'kysely';
import type { Answer, Given } from '../api/endpoints.ts';
import { periodOf, secondsOf } from '../model/period.ts';
import { Problem } from '../model/problem.ts';
import { isOpen, windowEdge } from '../model/queue.ts';
import { forecast, isUsable } from '../model/reserve.ts';
import { taken } from './client.ts';
import { tagged } from './etag.ts';
import type { Asked, Asking, Handler, Reader } from './hub.ts';
import { byName, contains, equals, listPage } from './list.ts';
import { openSpares, type ReserveRow, reserveRow, reserveRows, rulesOf, type SpareRow } from './reserve-rows.ts';
import { resolve } from './resolve.ts';
import { one } from './rows.ts';
import type { Tables } from './tables.ts';
import { iso, isoOrNull } from './time.ts';

type Reserve = Answer<'reserve get'>;
type Looking = Pick<Asked<Reader>, 'tx' | 'hub'>;

/** By what was asked for within this time it is foretold when nothing is left. */
const demandMs = 14 * 24 * 60 * 60_000;

async function reserveById(looking: Looking, id: string): Promise<Reserve> {
  const [found] = await reservesById(looking, [id]);
  if (found) return found;
  throw new Problem('not-found', `there is no reserve ${id}`);
}

/** In their order. */
async function reservesById({ tx, hub }: Looking, ids: readonly string[]): Promise<readonly Reserve[]> {
  const rows = new Map((await reserveRows(tx, ids)).map((row) => [row.id, row]));
  const named = new Map((await names(tx, ids)).map((row) => [row.id, row]));
  const spares = Map.groupBy(await openSpares(tx, hub, ids), ({ reserveId }) => reserveId);
  return ids.flatMap((id) => {
    const [row, about] = [rows.get(id), named.get(id)];
    return row && about ? [answer(row, about, spares.get(id) ?? [])] : [];
  });
}

function answer(row: ReserveRow, named: NamesRow, spares: readonly SpareRow[]): Reserve {
  const rules = rulesOf(row);
  const { at, claims, late, createdAt } = named;
  const usable = spares.filter((spare) => isUsable(spare, rules, at)).length;
  const overMs = Math.min(demandMs, at.getTime() - createdAt.getTime());
  const { perDay, dryAt } = forecast(rules, { usable, asked: claims, overMs }, at);
  const counted = Map.groupBy(spares, ({ state }) => state);
  return tagged('reserve', {
    ...{ id: row.id, name: row.name, status: row.status, pattern: row.pattern },
    ...{ template: named.template, platform: named.platform, client: named.client },
    ...{ full: row.fullSize, emergency: row.emergency, life: periodOf(row.lifeS), window: row.openHours },
    ...{ isOpen: isOpen(rules.window, at), changesAt: iso(windowEdge(rules.window, at)) },
    ...{ usable, states: Object.fromEntries([...counted].map(([state, { length }]) => [state, length])) },
    ...{ claims, late, perDay: Math.round(perDay * 100) / 100, dryAt: isoOrNull(dryAt) },
    ...{ failures: row.failures, heldUntil: isoOrNull(row.heldUntil), problem: row.problem },
    createdAt: iso(createdAt),
  });
}

interface NamesRow {
  readonly id: string;
  readonly at: Date;
  readonly template: string;
  readonly platform: string | null;
  readonly client: string;
  readonly createdAt: Date;
  readonly claims: number;
  readonly late: number;
}

async function names(tx: Kysely<Tables>, ids: readonly string[]): Promise<readonly NamesRow[]> {
  const { rows } = await sql<NamesRow>`
    select reserve.id, now() as at, template.name as template, platform.name as platform, client.name as client,
      reserve.created_at, claimed.claims, claimed.late
    from reserve join site as template on template.id = reserve.template_id
      left join platform on platform.id = reserve.platform_id join client on client.id = reserve.client_id
      cross join lateral (
        select count(*)::int as claims, (count(*) filter (where claimed_at = spare.created_at))::int as late from spare
        where spare.reserve_id = reserve.id and claimed_at > now() - ${demandMs / 1000} * interval '1 second') as claimed
    where reserve.id = any (${[...ids]}::bigint[])`.execute(tx);
  return rows;
}

const list: Handler<'reserve list'> = async ({ query }, asked) => {
  const page = await listPage<{ readonly id: string }>(
    asked.tx,
    {
      columns: sql`reserve.id`,
      from: sql`reserve`,
      where: [sql`reserve.status <> 'deleted'`, contains(['reserve.name'], query.q)],
      keys: byName('reserve'),
    },
    query,
  );
  const ids = page.items.map(({ id }) => id);
  return { ...page, items: [...(await reservesById(asked, ids))] };
};

const get: Handler<'reserve get'> = async ({ params }, asked) =>
  reserveById(asked, (await resolve(asked, 'reserve', params.name)).id);

const create: Handler<'reserve create'> = async ({ body }, asked) => {
  const { tx } = asked;
  const template = await chosenTemplate(asked, body.template);
  demandSizes(body);
  const platformId = body.platform === undefined ? null : (await resolve(asked, 'platform', body.platform)).id;
  const clientId = body.client === undefined ? template.client : (await resolve(asked, 'client', body.client)).id;
  const { rows } = await sql<{ id: string }>`
    insert into reserve (name, template_id, platform_id, client_id, pattern, full_size, emergency, life_s, open_hours)
    values (${body.name}, ${template.id}, ${platformId}, ${clientId}, ${body.pattern}, ${body.full}, ${body.emergency},
            ${secondsOf(body.life)}, ${body.window})
    on conflict do nothing returning id`.execute(tx);
  const [made] = rows;
  if (!made) throw taken('reserve', body.name);
  return { reserve: await reserveById(asked, made.id) };
};

async function chosenTemplate(
  asking: Asking,
  given: string,
): Promise<{ readonly id: string; readonly client: string }> {
  const { id } = await resolve(asking, 'site', given);
  const { rows } = await sql<{ client: string; spare: boolean }>`
    select client_id as client,
      exists (select from spare where spare.site_id = site.id and spare.ended_at is null) as spare
    from site where id = ${id}`.execute(asking.tx);
  const [row] = rows;
  if (!row) throw new Problem('not-found', `there is no site ${id}`);
  // It would be given away, or deleted.
  if (row.spare)
    throw new Problem('invalid', `${given} is a spare itself`, {
      hint: 'Choose a site that stays.',
      fields: [{ path: 'template', message: 'is a spare itself' }],
    });
  return { id, client: row.client };
}

function demandSizes({ full, emergency }: { readonly full: number; readonly emergency: number }): void {
  if (emergency <= full) return;
  throw new Problem('invalid', `${emergency} are to be made at any time, and there are to be ${full}`, {
    hint: 'The emergency size is as large as the full one at most.',
    fields: [{ path: 'emergency', message: 'is larger than the full size' }],
  });
}

const set: Handler<'reserve set'> = async ({ params, body }, asked) => {
  const { tx } = asked;
  const { id } = await resolve(asked, 'reserve', params.name, { lock: true });
  const before = await reserveRow(tx, id);
  demandSizes({ full: body.full ?? before.fullSize, emergency: body.emergency ?? before.emergency });
  const change = await changedColumns(asked, body);
  // What could not be made for a reason that may be gone is tried at once.
  await tx
    .updateTable('reserve')
    .set({ ...change, heldUntil: null })
    .where('id', '=', id)
    .execute();
  return { reserve: await reserveById(asked, id) };
};

async function changedColumns(asked: Asked, body: Given<'reserve set'>['body']) {
  const { template, platform, client, pattern, full, emergency, life, window } = body;
  return {
    ...(template !== undefined && { templateId: (await chosenTemplate(asked, template)).id }),
    ...(platform !== undefined && {
      platformId: platform === null ? null : (await resolve(asked, 'platform', platform)).id,
    }),
    ...(client !== undefined && { clientId: (await resolve(asked, 'client', client)).id }),
    ...(pattern !== undefined && { pattern }),
    ...(full !== undefined && { fullSize: full }),
    ...(emergency !== undefined && { emergency }),
    ...(life !== undefined && { lifeS: secondsOf(life) }),
    ...(window !== undefined && { openHours: window }),
  };
}

const remove: Handler<'reserve delete'> = async ({ params }, asked) => {
  const { id, name } = await resolve(asked, 'reserve', params.name, { lock: true });
  const { rows } = await sql<{ name: string }>`
    select name from offer where reserve_id = ${id} and status <> 'deleted' order by name limit 1`.execute(asked.tx);
  if (rows[0])
    throw new Problem('in-use', `the offer ${rows[0].name} is of sites of the reserve ${name}`, {
      hint: `Give it another reserve, or delete it: aegir offer delete ${rows[0].name}.`,
    });
  await sql`update reserve set status = 'deleted' where id = ${id}`.execute(asked.tx);
  return { deleted: name };
};

const flush: Handler<'reserve flush'> = async ({ params }, asked) => {
  const { id } = await resolve(asked, 'reserve', params.name, { lock: true });
  await sql`update reserve set flushed_at = now() where id = ${id}`.execute(asked.tx);
  return { reserve: await reserveById(asked, id) };
};

interface SpareShown extends Omit<Answer<'reserve spares'>['items'][number], 'usable' | 'createdAt' | 'stateAt'> {
  readonly createdAt: Date;
  readonly stateAt: Date;
}

const spares: Handler<'reserve spares'> = async ({ params, query }, asked) => {
  const { tx, hub } = asked;
  const { id } = await resolve(asked, 'reserve', params.name);
  const row = await reserveRow(tx, id);
  const { rows: clock } = await sql<{ at: Date }>`select now() as at`.execute(tx);
  const at = one(clock, 'the clock').at;
  const open = await openSpares(tx, hub, [id]);
  const usable = new Set(open.filter((spare) => isUsable(spare, rulesOf(row), at)).map((spare) => spare.id));
  const page = await listPage<SpareShown & { readonly claimed: Date | null; readonly ended: Date | null }>(
    tx,
    {
      columns: sql`spare.id, spare.state, site.name as site, spare.wanted, spare.task_id as task, spare.failures, spare.problem,
        spare.created_at, spare.state_at, spare.claimed_at as claimed, spare.ended_at as ended`,
      from: sql`spare join site on site.id = spare.site_id`,
      where: [
        equals('spare.reserve_id', id),
        equals('spare.state', query.state),
        contains(['site.name', 'spare.wanted'], query.q),
      ],
      keys: [{ column: 'spare.id', type: 'bigint' }],
      descending: true,
    },
    query,
  );
  return {
    ...page,
    items: page.items.map(({ claimed, ended, createdAt, stateAt, ...one }) => ({
      ...one,
      usable: usable.has(one.id),
      createdAt: iso(createdAt),
      stateAt: iso(stateAt),
      claimedAt: isoOrNull(claimed),
      endedAt: isoOrNull(ended),
    })),
  };
};

export const reserveHandlers = {
  'reserve list': list,
  'reserve get': get,
  'reserve create': create,
  'reserve set': set,
  'reserve delete': remove,
  'reserve flush': flush,
  'reserve spares': spares,
};
