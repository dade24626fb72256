import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Json } from '../model/json.ts';
import type { ProblemJson } from '../model/problem.ts';
import type { Seen, StagedMove, Turn } from '../model/staged-move.ts';
import { jsonb } from './database.ts';
import type { Tables } from './tables.ts';

/** A move in stages as the hub keeps it, with what it needs to go on. */
export interface StagedMoveRow extends StagedMove {
  readonly id: string;
  readonly siteId: string;
  readonly siteName: string;
  readonly siteIsDeleted: boolean;
  /** Name of the platform that it came from. */
  readonly from: string;
  readonly accountId: string | null;
  readonly accountName: string | null;
  readonly args: Readonly<Record<string, Json>>;
  readonly taskId: string | null;
  readonly stopped: boolean;
}

interface Columns extends Omit<StagedMoveRow, 'task'> {
  readonly taskStatus: string | null;
  readonly taskName: string | null;
  readonly taskResult: Json;
  readonly taskProblem: ProblemJson | null;
}

const columns = sql`staged_move.id, site_id, site.name as site_name, site.status = 'deleted' as site_is_deleted, origin.name as "from", staged_move.account_id,
  account.name as account_name, staged_move.args, stage, stage_at, due_at, ends_at, ttl_s as ttl_seconds,
  lower_s as lower_seconds, watch_s as watch_seconds, remembered_s as remembered_seconds, front_page, ending, failures,
  staged_move.task_id, stopped, task.status as task_status, task.name as task_name, task.result as task_result,
  task.problem as task_problem`;
const from = sql`staged_move join site on site.id = staged_move.site_id join platform origin on origin.id = staged_move.from_id
  left join account on account.id = staged_move.account_id left join task on task.id = staged_move.task_id`;

/** Held until the transaction ends. Undefined: it is not there, or, with `orSkip`, somebody else is at it. */
export async function heldStagedMove(
  tx: Kysely<Tables>,
  which: RawBuilder<unknown>,
  orSkip = false,
): Promise<StagedMoveRow | undefined> {
  const hold = orSkip ? sql`for update of staged_move skip locked` : sql`for update of staged_move`;
  const { rows } = await sql<Columns>`
    select ${columns} from ${from} where ${which} order by staged_move.id desc limit 1 ${hold}`.execute(tx);
  const [row] = rows;
  if (!row) return undefined;
  const { taskStatus, taskName, taskResult, taskProblem, ...rest } = row;
  return { ...rest, task: taskEnd(taskStatus, taskName, taskResult, taskProblem) };
}

function taskEnd(
  status: string | null,
  name: string | null,
  result: Json,
  problem: ProblemJson | null,
): StagedMove['task'] {
  if (status === null) return { status: 'none' };
  // What the steps of that very task type have answered.
  if (status === 'done') return { status, seen: name === 'site probe' ? (result as Partial<Seen>) : null };
  if (status !== 'failed' && status !== 'cancelled') return { status: 'outstanding' };
  return { status, problem: problem ?? { code: 'bug', message: `task ${name} ${status}`, causes: [] } };
}

/** With the task that it has asked for; null: none. */
export async function writeTurn(
  tx: Kysely<Tables>,
  { id }: Pick<StagedMoveRow, 'id'>,
  turn: Turn,
  { task, at }: { readonly task: string | null; readonly at: Date },
): Promise<void> {
  const { stage, stageAt, dueAt, endsAt, rememberedSeconds, frontPage, ending, failures, stopped, problem, why } = turn;
  const isEnd = stage === ending;
  await sql`
    update staged_move set stage = ${stage}, stage_at = ${stageAt}, due_at = ${dueAt}, ends_at = ${endsAt},
      remembered_s = ${rememberedSeconds}, front_page = ${frontPage}, ending = ${ending}, failures = ${failures},
      stopped = ${stopped}, task_id = ${task}, problem = ${problem === null ? null : jsonb(problem)}::jsonb,
      why = coalesce(${why === undefined ? null : jsonb(why)}::jsonb, why),
      ended_at = case when ${isEnd} then ${at}::timestamptz end
    where id = ${id}`.execute(tx);
  if (task === null) return;
  await sql`
    insert into staged_move_task (staged_move_id, task_id, stage) values (${id}, ${task}, ${stage})
    on conflict do nothing`.execute(tx);
}
