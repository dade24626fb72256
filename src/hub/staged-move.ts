import { sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import { Problem, type ProblemJson } from '../model/problem.ts';
import { cancelledTurn, type Ending, resumedTurn, type Stage } from '../model/staged-move.ts';
import { may, whyNotAllowed } from './access.ts';
import { jsonb } from './database.ts';
import { type Asked, type Asking, accountOf, type Handler, type Reader } from './hub.ts';
import { contains, equals, listPage } from './list.ts';
import type { Subject } from './queue.ts';
import { resolve } from './resolve.ts';
import { one } from './rows.ts';
import { settingValue } from './setting.ts';
import { demandStageable } from './stageable.ts';
import { heldStagedMove, type StagedMoveRow, writeTurn } from './staged-move-rows.ts';
import { iso, isoOrNull } from './time.ts';
import { visible } from './visible.ts';

type Shown = Answer<'staged-move get'>;

interface Row {
  readonly id: string;
  readonly site: string;
  readonly clientId: string;
  readonly from: string;
  readonly platform: string;
  readonly stage: Stage;
  readonly stageAt: Date;
  readonly dueAt: Date;
  readonly endsAt: Date | null;
  readonly stopped: boolean;
  readonly ending: Ending;
  readonly task: string | null;
  readonly taskWaits: boolean;
  readonly ttlSeconds: number;
  readonly rememberedSeconds: number;
  readonly lowerSeconds: number;
  readonly watchSeconds: number;
  readonly problem: ProblemJson | null;
  readonly account: string | null;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
  readonly tasks: Shown['tasks'];
  readonly isLast: boolean;
}
const statusSql = sql`case when staged_move.ended_at is not null then staged_move.stage
  when staged_move.stopped then 'stopped' else 'running' end`;
const columns = sql`staged_move.id, site.name as site, site.client_id, origin.name as "from", platform.name as platform,
  staged_move.stage, staged_move.stage_at, staged_move.due_at, staged_move.ends_at, staged_move.stopped, staged_move.ending,
  staged_move.task_id as task, coalesce(task.status in ('queued', 'running', 'stuck'), false) as task_waits,
  staged_move.ttl_s as ttl_seconds, staged_move.remembered_s as remembered_seconds, staged_move.lower_s as lower_seconds,
  staged_move.watch_s as watch_seconds, coalesce(staged_move.problem, staged_move.why) as problem, account.name as account,
  staged_move.created_at, staged_move.ended_at,
  not exists (select from staged_move newer where newer.site_id = staged_move.site_id and newer.id > staged_move.id) as is_last,
  (select coalesce(jsonb_agg(jsonb_build_object('id', id::text, 'name', name, 'status', status, 'stage', stage) order by id desc), '[]')
   from (select asked.id, asked.name, asked.status, of.stage, row_number() over (partition by of.stage order by asked.id desc) as nth
         from staged_move_task of join task asked on asked.id = of.task_id where of.staged_move_id = staged_move.id) as newest
   where nth <= 4) as tasks`;
const from = sql`staged_move join site on site.id = staged_move.site_id
  join platform origin on origin.id = staged_move.from_id join platform on platform.id = staged_move.platform_id
  left join task on task.id = staged_move.task_id left join account on account.id = staged_move.account_id`;

function answer({ caller }: Pick<Asking, 'caller'>, row: Row): Shown {
  const { clientId, dueAt, endsAt, stopped, ending, taskWaits, isLast, ...rest } = row;
  const isOver = row.endedAt !== null;
  const next = isOver || stopped || taskWaits ? null : (endsAt ?? dueAt);
  const refusal = may(caller, 'staged-move cancel', { client: clientId })
    ? null
    : whyNotAllowed(caller, 'site migrate', { client: clientId });
  const action = (name: 'cancel' | 'resume', whyNot: string | null) => {
    const reason = refusal ?? whyNot;
    return { name, possible: reason === null, ...(reason !== null && { reason }) };
  };
  return {
    ...rest,
    status: isOver ? ending : stopped ? 'stopped' : 'running',
    stageAt: iso(row.stageAt),
    nextAt: isoOrNull(next),
    createdAt: iso(row.createdAt),
    endedAt: isoOrNull(row.endedAt),
    actions: [action('cancel', whyNotCancelled(row)), action('resume', isLast ? whyNotResumed(row) : newerThere)],
  };
}

type Situation = Pick<Row, 'stage' | 'task' | 'taskWaits' | 'stopped'>;
const newerThere = 'There is a newer one of the same site.';

function whyNotCancelled({ stage, task, taskWaits }: Situation): string | null {
  if (stage === 'move' && taskWaits)
    return `The move has begun: aegir task cancel ${task} cancels it and puts everything back.`;
  if (stage === 'raise') return 'Its site’s records are being put back as they were, which ends it.';
  return isEnded(stage) ? `It has ended: it is ${stage}.` : null;
}

function whyNotResumed({ stage, task, taskWaits, stopped }: Situation): string | null {
  if (stage === 'done') return 'It is done.';
  if (isEnded(stage) || stopped) return null;
  if (stage === 'wait') return 'It waits until the world has forgotten what the records of its site said before.';
  return taskWaits ? `It waits for task ${task}.` : null;
}
const isEnded = (stage: Stage): boolean => stage === 'done' || stage === 'failed' || stage === 'cancelled';

async function byId(asking: Asking, id: string): Promise<Shown> {
  const { rows } = await sql<Row>`select ${columns} from ${from} where staged_move.id = ${id}`.execute(asking.tx);
  return answer(asking, one(rows, `there is no staged move ${id}`));
}

const list: Handler<'staged-move list'> = async ({ query }, asked) => {
  const { tx, caller } = asked;
  const site = query.site === undefined ? undefined : (await resolve(asked, 'site', query.site)).id;
  const where = [
    visible('site', caller),
    equals('staged_move.site_id', site),
    query.status === undefined ? null : sql`${statusSql} = any (${[query.status].flat()}::text[])`,
    contains(['site.name', 'platform.name'], query.q),
  ];
  const keys = [{ column: 'staged_move.id', type: 'bigint' }] as const;
  const page = await listPage<Row>(tx, { columns, from, where, keys, descending: true }, query);
  return { ...page, items: page.items.map((row) => answer(asked, row)) };
};

const get: Handler<'staged-move get'> = async ({ params }, asked) => {
  const site = await resolve(asked, 'site', params.name);
  const { rows } = await sql<{ id: string }>`
    select id from staged_move where site_id = ${site.id} order by id desc limit 1`.execute(asked.tx);
  return byId(asked, one(rows, `${site.name} was never moved in stages`, hintCreate(site)).id);
};
const hintCreate = ({ name }: Pick<Subject, 'name'>): string =>
  `aegir staged-move create ${name} <platform> begins one.`;

const create: Handler<'staged-move create'> = async ({ params, body }, asked) => {
  const { tx } = asked;
  const { platform, dbServer, despiteErrors, keepOldSeconds, ttlSeconds, lowerSeconds, watchSeconds } = body;
  const site = await resolve(asked, 'site', params.name, { lock: true });
  const args = {
    platform: (await resolve(asked, 'platform', platform)).name,
    ...{ despiteErrors, ...(dbServer !== undefined && { dbServer }) },
    ...(keepOldSeconds !== undefined && { keepOldSeconds }),
  };
  const { fromId, platformId, rememberedSeconds } = await demandStageable(asked, site, args);
  const lower = lowerSeconds ?? (await settingValue(tx, 'staged-move.lower-seconds'));
  const watch = watchSeconds ?? (await settingValue(tx, 'staged-move.watch-seconds'));
  const { rows } = await sql<{ id: string }>`
    insert into staged_move (site_id, account_id, from_id, platform_id, args, ttl_s, lower_s, watch_s, remembered_s)
    values (${site.id}, ${accountOf(asked)}, ${fromId}, ${platformId}, ${jsonb(args)}::jsonb, ${ttlSeconds}, ${lower},
            ${watch}, ${rememberedSeconds})
    on conflict do nothing returning id`.execute(tx);
  if (!rows[0]) throw openAlready(site);
  asked.met.push(metAs(site, rows[0].id));
  return byId(asked, rows[0].id);
};

/** In the audit it is called as its site is. */
const metAs = ({ name }: Subject, id: string) => ({ noun: 'staged-move', id, name, client: null });

const openAlready = ({ name }: Subject): Problem =>
  new Problem('conflict', `${name} is being moved in stages already`, {
    hint: `aegir staged-move get ${name} shows where it is; aegir staged-move cancel ${name} gives it up.`,
  });

/** The last of the site, held; the row before the site's, as the hub takes them when it moves it on. */
async function own(asked: Asked, name: string): Promise<{ readonly site: Subject; readonly move: StagedMoveRow }> {
  const site = await resolve(asked, 'site', name);
  const move = await heldStagedMove(asked.tx, sql`staged_move.site_id = ${site.id}`);
  if (move) {
    asked.met.push(metAs(site, move.id));
    return { site, move };
  }
  throw new Problem('not-found', `${site.name} was never moved in stages`, { hint: hintCreate(site) });
}

const situation = ({ stage, stopped, task, taskId }: StagedMoveRow): Situation => ({
  ...{ stage, stopped, task: taskId, taskWaits: task.status === 'outstanding' },
});

const cancel: Handler<'staged-move cancel'> = async ({ params }, asked) => {
  const { tx } = asked;
  const { site, move } = await own(asked, params.name);
  const hint = whyNotCancelled(situation(move));
  if (hint !== null) throw new Problem('wrong-status', `this move of ${site.name} cannot be cancelled now`, { hint });
  const at = await now(tx);
  await writeTurn(tx, move, cancelledTurn(move, at), { task: null, at });
  return byId(asked, move.id);
};

const resume: Handler<'staged-move resume'> = async ({ params }, asked) => {
  const { tx } = asked;
  const { site, move } = await own(asked, params.name);
  const hint = whyNotResumed(situation(move));
  if (hint !== null) throw new Problem('wrong-status', `this move of ${site.name} cannot be resumed now`, { hint });
  const at = await now(tx);
  if (isEnded(move.stage)) await again(asked, move);
  else await writeTurn(tx, move, resumedTurn(move, at), { task: null, at });
  return byId(asked, move.id);
};

/** From its beginning: its records are remembered as long as before by now. In the name of who resumes it. */
async function again(asked: Asked, move: StagedMoveRow): Promise<void> {
  const { tx } = asked;
  const site = await resolve(asked, 'site', move.siteId, { lock: true });
  const { fromId, rememberedSeconds } = await demandStageable(asked, site, move.args);
  await sql`
    update staged_move set stage = 'lower', stage_at = now(), due_at = now(), ends_at = null, ending = 'done', stopped = false,
      failures = 0, task_id = null, why = null, problem = null, ended_at = null, remembered_s = ${rememberedSeconds},
      from_id = ${fromId}, account_id = ${accountOf(asked)}
    where id = ${move.id}`.execute(tx);
}

async function now(tx: Reader): Promise<Date> {
  const { rows } = await sql<{ at: Date }>`select now() as at`.execute(tx);
  return one(rows, 'the clock').at;
}

export const stagedMoveHandlers = {
  'staged-move list': list,
  'staged-move get': get,
  'staged-move create': create,
  'staged-move cancel': cancel,
  'staged-move resume': resume,
};
