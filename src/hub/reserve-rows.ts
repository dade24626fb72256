import { type Kysely, sql } from 'kysely';
import type { Owner } from '../model/owner.ts';
import type { ProblemJson } from '../model/problem.ts';
import { windowOf } from '../model/queue.ts';
import type { ReserveRules, Spare } from '../model/reserve.ts';
import type { Hub } from './hub.ts';
import { one } from './rows.ts';
import type { Tables } from './tables.ts';

export interface ReserveRow {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly templateId: string;
  readonly platformId: string | null;
  readonly clientId: string;
  readonly pattern: string;
  readonly counter: string;
  readonly fullSize: number;
  readonly emergency: number;
  readonly lifeS: number;
  readonly openHours: string;
  readonly failures: number;
  readonly heldUntil: Date | null;
  readonly problem: ProblemJson | null;
}

/** `hold`: for this transaction, so that nobody else builds for it, nor changes it. */
export async function reserveRow(
  db: Kysely<Tables>,
  id: string,
  { hold = false }: { readonly hold?: boolean } = {},
): Promise<ReserveRow> {
  const { rows } = await sql<ReserveRow>`
    select ${columns} from reserve where id = ${id} ${hold ? sql`for no key update` : sql``}`.execute(db);
  return one(rows, `there is no reserve ${id}`);
}

/** In whatever order. */
export const reserveRows = async (db: Kysely<Tables>, ids: readonly string[]): Promise<readonly ReserveRow[]> =>
  (await sql<ReserveRow>`select ${columns} from reserve where id = any (${[...ids]}::bigint[])`.execute(db)).rows;

const columns = sql`id, name, status, template_id, platform_id, client_id, pattern, counter, full_size, emergency, life_s, open_hours,
  failures, held_until, problem`;

/** One that is deleted keeps none, and moves on what was asked for. */
export function rulesOf({ status, fullSize, emergency, lifeS, openHours }: ReserveRow): ReserveRules {
  const isThere = status !== 'deleted';
  return {
    full: isThere ? fullSize : 0,
    emergency: isThere ? emergency : 0,
    lifeMs: lifeS * 1000,
    window: windowOf(openHours),
  };
}

export interface SpareRow extends Spare {
  readonly reserveId: string;
  readonly siteId: string;
  readonly siteName: string;
  readonly wanted: string | null;
  readonly taskId: string | null;
  /** What whoever has it says of it. */
  readonly owner: Owner;
  /** Of its state's task. */
  readonly problem: ProblemJson | null;
}

/** All of these reserves with which something is still to be done. */
export async function openSpares(
  db: Kysely<Tables>,
  { catalog }: Pick<Hub, 'catalog'>,
  reserves: readonly string[],
): Promise<readonly SpareRow[]> {
  // They put another site in the template's place.
  const changing = catalog.taskTypes.filter(({ noun, hasCopy }) => noun === 'site' && hasCopy).map(({ name }) => name);
  const { rows } = await sql<SpareRow>`
    select spare.id, spare.reserve_id, spare.site_id, site.name as site_name, spare.state, spare.created_at, spare.wanted, spare.task_id, spare.owner,
      spare.failures, spare.held_until, task.problem,
      spare.claimed_at is not null as claimed, spare.handed_over_at is not null as handed_over,
      spare.wanted is not null and (site.name = spare.wanted or site.name <> spare.name
        or not exists (select from alias where alias.site_id = site.id and alias.name = spare.wanted)) as named,
      spare.template_id <> reserve.template_id
        or site.platform_id <> coalesce(reserve.platform_id, template.platform_id)
        or exists (select from task as change
                   where change.subject_type = 'site' and change.subject_id = template.id and not change.dry_run
                     and change.status = 'done' and change.name = any (${changing}::text[])
                     and change.ended_at > spare.created_at) as stale,
      reserve.status = 'deleted' or coalesce(spare.created_at <= reserve.flushed_at, false) as flushed,
      case when site.status in ('enabled', 'deleted') then site.status else 'other' end as site,
      case when task.id is null then 'none' when task.status = 'done' then 'done'
           when task.status in ('failed', 'cancelled') then 'failed' else 'outstanding' end as task,
      (select case after.name when 'site clone' then 'cloned' else 'handed over' end
       from task as after
       where spare.state = 'failed' and after.subject_type = 'site' and after.subject_id = site.id
         and after.id > spare.task_id and after.status = 'done' and after.name in ('site clone', 'site hand-over')
       order by after.id desc limit 1) as mended
    from spare join reserve on reserve.id = spare.reserve_id join site on site.id = spare.site_id
      join site as template on template.id = reserve.template_id left join task on task.id = spare.task_id
    where spare.reserve_id = any (${[...reserves]}::bigint[]) and spare.ended_at is null order by spare.id`.execute(db);
  return rows;
}
