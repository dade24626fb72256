import { type Kysely, type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import type { Answer } from '../api/endpoints.ts';
import { difference } from '../api/look-shapes.ts';
import type { Difference } from '../model/drift.ts';
import type { Noun } from '../tasks/task-type.ts';
import { jsonb } from './database.ts';
import type { Asked, Handler, Reader } from './hub.ts';
import { lookBy } from './look.ts';
import { driftHappened } from './notification/happened.ts';
import { resolve } from './resolve.ts';
import type { Tables } from './tables.ts';
import { isoOrNull } from './time.ts';

interface Subject {
  readonly noun: Noun;
  readonly id: string;
}

/**
 * What was found when somebody looked at it, from `at` on. Not written where a task was at work on it meanwhile: then nobody
 * knows what was seen. Who is to know is told of what is new.
 */
export async function recordDrift(
  tx: Kysely<Tables>,
  { noun, id, at }: Subject & { readonly at: Date },
  differences: readonly Difference[],
): Promise<void> {
  const found = jsonb(differences.map((one) => ({ ...one })));
  const { rows } = await sql<{ isNew: boolean }>`
    with before as (select differences from drift where noun = ${noun} and subject_id = ${id}),
    written as (
      insert into drift (noun, subject_id, looked_at, since, differences)
      select ${noun}, ${id}, ${at}, case when ${found}::jsonb <> '[]' then ${at}::timestamptz end, ${found}::jsonb
      where not exists (select from task where subject_type = ${noun} and subject_id = ${id} and not dry_run
        and (status = 'running' or ended_at > ${at}))
      on conflict (noun, subject_id) do update set looked_at = excluded.looked_at, differences = excluded.differences,
        since = case when excluded.since is not null then coalesce(drift.since, excluded.since) end
      where drift.looked_at <= excluded.looked_at
      returning differences)
    select differences <> '[]' and differences is distinct from (select differences from before) as is_new
    from written`.execute(tx);
  if (rows[0]?.isNew) await driftHappened(tx, { noun, id }, differences);
}

/** All of it has just been made as the hub says. */
export const settleDrift = (tx: Kysely<Tables>, { noun, id }: Subject): Promise<unknown> =>
  sql`update drift set differences = '[]', since = null, looked_at = now()
      where noun = ${noun} and subject_id = ${id}`.execute(tx);

export const forgetDrift = (tx: Kysely<Tables>, { noun, id }: Subject): Promise<unknown> =>
  sql`delete from drift where noun = ${noun} and subject_id = ${id}`.execute(tx);

/** Since when something of it differs; null: in nothing, as far as anybody has looked. */
export const driftedSince = (noun: 'site' | 'platform'): RawBuilder<unknown> => sql`(
  select since from drift where noun = ${noun} and subject_id = ${sql.ref(`${noun}.id`)})`;

/** For a list. */
export const isDrifted = (
  noun: 'site' | 'platform',
  drifted: 'true' | 'false' | undefined,
): RawBuilder<unknown> | null => {
  if (drifted === undefined) return null;
  const found = sql`select subject_id from drift where noun = ${noun} and since is not null`;
  return sql`${sql.ref(`${noun}.id`)} ${sql.raw(drifted === 'true' ? 'in' : 'not in')} (${found})`;
};

type Asking = Asked<Reader>;

const shown =
  (noun: 'site' | 'platform') =>
  async (
    {
      params,
      query,
    }: { readonly params: { readonly name: string }; readonly query: { readonly now: 'true' | 'false' } },
    asked: Asking,
  ): Promise<Answer<'site drift'>> => {
    const { tx } = asked;
    const { id, name } = await resolve(asked, noun, params.name);
    if (query.now === 'true') await lookNow(asked, { noun, id });
    const { rows } = await sql<{ lookedAt: Date; since: Date | null; differences: Difference[] }>`
      select looked_at, since, differences from drift where noun = ${noun} and subject_id = ${id}`.execute(tx);
    const { lookedAt = null, since = null, differences = [] } = rows[0] ?? {};
    return { subject: { noun, id, name }, lookedAt: isoOrNull(lookedAt), since: isoOrNull(since), differences };
  };

/** In front of who waits for it. */
async function lookNow(asked: Asking, { noun, id }: Subject): Promise<void> {
  const { rows } = await sql<{ at: Date }>`select now() as at`.execute(asked.tx);
  const found = await lookBy(asked, { name: `${noun} drift`, subject: id, args: {} });
  const at = rows[0]?.at ?? new Date();
  // A worker of another version may answer otherwise.
  const differences = z.array(difference).parse(found);
  await asked.hub.database.db.transaction().execute((tx) => recordDrift(tx, { noun, id, at }, differences));
}

const siteDrift: Handler<'site drift'> = shown('site');
const platformDrift: Handler<'platform drift'> = shown('platform');

export const driftHandlers = { 'site drift': siteDrift, 'platform drift': platformDrift };
