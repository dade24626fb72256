import { type Kysely, sql } from 'kysely';
import type { Json } from '../model/json.ts';
import { Problem, type ProblemJson, problemJson } from '../model/problem.ts';
import { buildPauseMs, type Move, planReserve, type Wish } from '../model/reserve.ts';
import { askFor } from './ask.ts';
import { jsonb } from './database.ts';
import { byItself, type Hub } from './hub.ts';
import { orderHappened } from './notification/happened.ts';
import { demandPossible, taskTypeOf } from './possible.ts';
import { later } from './queue.ts';
import { cloneTemplate } from './reserve-clone.ts';
import { openSpares, type ReserveRow, reserveRow, rulesOf, type SpareRow } from './reserve-rows.ts';
import { resolve } from './resolve.ts';
import type { Tables } from './tables.ts';

type Running = Pick<Hub, 'database' | 'catalog' | 'sealKey'>;

/**
 * Moves every reserve on: one transaction for each spare that changes its state, with the task that this asks for. What a hub that
 * was killed has not done, the next look finds. Any number of hubs may do it: each change looks once more whether it still is due.
 */
export async function runReserves(hub: Running, at?: Date): Promise<void> {
  const { db } = hub.database;
  const moment = at ?? (await databaseTime(db));
  const { rows } = await sql<{ id: string }>`
    select id from reserve
    where status <> 'deleted' or exists (select from spare where reserve_id = reserve.id and ended_at is null)
    order by id`.execute(db);
  for (const { id } of rows) await runReserve(hub, id, moment);
}

async function databaseTime(db: Kysely<Tables>): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select now()`.execute(db);
  return rows[0]?.now ?? new Date();
}

async function runReserve(hub: Running, id: string, at: Date): Promise<void> {
  const { db } = hub.database;
  const rules = rulesOf(await reserveRow(db, id));
  const spares = new Map((await openSpares(db, hub, [id])).map((spare) => [spare.id, spare]));
  const plan = planReserve(rules, [...spares.values()], at);
  for (const move of plan.moves) await makeMove(hub, id, spares.get(move.id), move, at);
  // One after the other; each time it is looked how many are missing still.
  for (let missing = plan.build; missing > 0; missing--) await build(hub, id, at);
}

/** Those with which nothing is to be done any more; their sites stay what they are. */
export async function forgetSpares(db: Kysely<Tables>): Promise<void> {
  await sql`delete from spare where ended_at < now() - interval '90 days'`.execute(db);
}

const wishes: { readonly [One in Wish]: { readonly task: string; args(spare: SpareRow): Json } } = {
  'hand over': { task: 'site hand-over', args: ({ owner }) => ({ ...owner }) as Json }, // of that type's own schema
  rename: { task: 'site rename', args: ({ wanted }) => ({ name: wanted ?? '', keepOld: 'no' }) },
  delete: { task: 'site delete', args: () => ({ force: true, backup: false }) },
};

async function makeMove(
  hub: Running,
  reserve: string,
  spare: SpareRow | undefined,
  move: Move,
  at: Date,
): Promise<void> {
  if (!spare) return;
  const { db } = hub.database;
  try {
    await db.transaction().execute(async (tx) => {
      // Somebody may have asked for it this very moment, or another hub was quicker.
      const { rows } = await sql`
        select from spare where id = ${spare.id} and state = ${move.from} and ended_at is null
          and claimed_at is not null = ${spare.claimed} and task_id is not distinct from ${spare.taskId} for update`.execute(
        tx,
      );
      if (rows.length === 0) return;
      const task = move.wish === null ? null : await ask(hub, tx, spare, move.wish);
      const why = move.to === 'failed' || move.failures > 0 ? spare.problem : null;
      await sql`
        update spare set state = ${move.to}, failures = ${move.failures}, held_until = ${move.heldUntil},
          state_at = case when state = ${move.to} then state_at else ${at} end,
          task_id = coalesce(${task}::bigint, task_id), problem = ${why === null ? null : jsonb(why)}::jsonb,
          handed_over_at = case when ${move.handedOver} then coalesce(handed_over_at, ${at}) end,
          hand_over_task_id = case when ${move.handedOver} then coalesce(hand_over_task_id, ${spare.taskId}) end,
          ended_at = case when ${move.ended} then ${at}::timestamptz end
        where id = ${spare.id}`.execute(tx);
      await orderMoved(tx, spare, move);
      if (move.from === 'building' && !spare.claimed) await built(tx, reserve, move, why, at);
    });
  } catch (error) {
    // Something else is done to it, or in its way: it is as it was, and tried again.
    if (!(error instanceof Problem) || error.code === 'bug') throw error;
    await sql`
      update spare set held_until = ${new Date(at.getTime() + retryMs)}, problem = ${jsonb(problemJson(error))}::jsonb
      where id = ${spare.id} and state = ${move.from}`.execute(db);
  }
}
const retryMs = 60_000;

/** Who has ordered it is told once it is theirs, or a person has to look. */
async function orderMoved(tx: Kysely<Tables>, spare: SpareRow, { handedOver, to, ended }: Move): Promise<void> {
  if (!spare.claimed || spare.handedOver) return;
  if (handedOver) await orderHappened(tx, spare.id, 'order ready');
  else if (ended || (to === 'failed' && spare.state !== 'failed')) await orderHappened(tx, spare.id, 'order failed');
}

/** As the hub itself, with all that a person is asked for. */
async function ask(
  hub: Running,
  tx: Parameters<typeof demandPossible>[0] & Parameters<typeof askFor>[0]['tx'],
  spare: SpareRow,
  wish: Wish,
): Promise<string> {
  const { task: name, args } = wishes[wish];
  const type = taskTypeOf(hub, 'site', name);
  const asking = { tx, hub, ...byItself(type) };
  const subject = await resolve(asking, 'site', spare.siteId, { lock: true });
  await demandPossible(tx, type, subject);
  // Whoever has claimed it waits until it is theirs, and for nothing after that.
  const priority = type.priority + (wish === 'hand over' ? 0 : later);
  return (await askFor(asking, type, subject, { args: args(spare), priority })).task;
}

/** The next clone is tried at once after one that was done, and ever later after those that failed. */
async function built(
  tx: Kysely<Tables>,
  reserve: string,
  { to }: Move,
  why: ProblemJson | null,
  at: Date,
): Promise<void> {
  if (to !== 'failed') {
    await sql`
      update reserve set failures = 0, held_until = null, problem = null where id = ${reserve} and failures > 0`.execute(
      tx,
    );
    return;
  }
  await pause(tx, await reserveRow(tx, reserve, { hold: true }), why, at);
}

async function pause(
  db: Kysely<Tables>,
  { id, failures }: Pick<ReserveRow, 'id' | 'failures'>,
  why: ProblemJson | null,
  at: Date,
): Promise<void> {
  const until = new Date(at.getTime() + buildPauseMs(failures + 1));
  await sql`
    update reserve set failures = failures + 1, held_until = ${until},
      problem = ${why === null ? null : jsonb(why)}::jsonb
    where id = ${id}`.execute(db);
}

/** One spare, if one still is missing. */
async function build(hub: Running, id: string, at: Date): Promise<void> {
  const { db } = hub.database;
  try {
    await db.transaction().execute(async (tx) => {
      const reserve = await reserveRow(tx, id, { hold: true });
      if (reserve.heldUntil !== null && at < reserve.heldUntil) return;
      if (planReserve(rulesOf(reserve), await openSpares(tx, hub, [id]), at).build === 0) return;
      const name = await nextName(tx, reserve);
      const template = await resolve({ tx, ...byItself({ noun: 'site' }) }, 'site', reserve.templateId, { lock: true });
      await cloneTemplate({ tx, hub }, reserve, template, { name, client: reserve.clientId }, { at, claimedBy: null });
    });
  } catch (error) {
    if (!(error instanceof Problem) || error.code === 'bug') throw error;
    await pause(db, await reserveRow(db, id), problemJson(error), at);
  }
}

/** A name that somebody has already is passed over, so a counter never stands still. */
const triedMax = 1000;

async function nextName(tx: Kysely<Tables>, { id, pattern, counter }: ReserveRow): Promise<string> {
  const [before = '', after = ''] = pattern.split('*');
  const { rows } = await sql<{ number: string; name: string }>`
    select number, name from (
      select number, ${before}::text || number || ${after}::text as name
      from generate_series(${counter}::bigint + 1, ${counter}::bigint + ${triedMax}) as number) as each
    where not exists (select from alias where alias.name = each.name)
    order by number limit 1`.execute(tx);
  const [free] = rows;
  if (!free)
    throw new Problem('conflict', `the next ${triedMax} names like ${pattern} belong to other sites`, {
      hint: 'Give the reserve another pattern: aegir reserve set <reserve> --pattern.',
    });
  await sql`update reserve set counter = ${free.number} where id = ${id}`.execute(tx);
  return free.name;
}
