import { type RawBuilder, sql } from 'kysely';
import type { Answer, Given } from '../api/endpoints.ts';
import { contextName } from '../model/context-name.ts';
import type { Json } from '../model/json.ts';
import { namesShown, namesShownMax } from '../model/names-shown.ts';
import { Problem } from '../model/problem.ts';
import type { Noun, TaskType } from '../tasks/task-type.ts';
import { mayDo, refused, whyNotAllowed } from './access.ts';
import { askFor } from './ask.ts';
import { type Asked, type Asking, accountOf, type Handler, type Hub, type Reader } from './hub.ts';
import { contains, equals, isId, listPage, sorted } from './list.ts';
import { whyNotCancelled } from './locked-sites.ts';
import { readLog } from './log.ts';
import { demandAllowed, demandPossible, ownerOf, taskTypeOf } from './possible.ts';
import type { Subject } from './queue.ts';
import { resolve } from './resolve.ts';
import { one } from './rows.ts';
import { cancelTask, resumeTask, settleTask } from './task-control.ts';
import { planOf, stepsOf, waitsFor } from './task-steps.ts';
import { whyItWaits } from './task-waits.ts';
import { iso, isoOrNull } from './time.ts';
import { visible } from './visible.ts';

export interface TaskRow {
  readonly id: string;
  readonly name: string;
  readonly subjectType: Noun;
  readonly subjectId: string;
  readonly subjectName: string;
  readonly args: Readonly<Record<string, Json>>;
  readonly dryRun: boolean;
  readonly status: string;
  readonly priority: number;
  readonly attempt: number;
  readonly worker: string | null;
  readonly account: string | null;
  readonly locks: readonly string[];
  readonly runAt: Date;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  readonly result: Json;
  readonly problem: Json;
  readonly cancelRequested: boolean;
}
const columns = sql`task.id, task.name, task.subject_type, task.subject_id, task.subject_name, task.args, task.dry_run,
  task.status, task.priority, task.attempt, task.worker, account.name as account, task.locks, task.run_at,
  task.created_at, task.started_at, task.ended_at, task.result, task.problem,
  task.cancel_requested_at is not null as cancel_requested`;
const from = sql`task left join account on account.id = task.account_id`;

const answer = ({ catalog }: Pick<Hub, 'catalog'>, row: TaskRow): Answer<'task cancel'> => {
  const { subjectType, subjectId, subjectName, locks: _, cancelRequested: __, ...task } = row;
  return {
    ...task,
    args: { ...task.args },
    title: catalog.taskTypes.find(({ name }) => name === row.name)?.title ?? row.name,
    subject: { noun: subjectType, id: subjectId, name: subjectName },
    runAt: iso(row.runAt),
    createdAt: iso(row.createdAt),
    startedAt: isoOrNull(row.startedAt),
    endedAt: isoOrNull(row.endedAt),
  };
};

const taskRow = async (tx: Reader, id: string, seen: RawBuilder<unknown>): Promise<TaskRow> => {
  const { rows } = await sql<TaskRow>`select ${columns} from ${from} where task.id = ${id} and ${seen}`.execute(tx);
  return one(rows, `there is no task ${id}`);
};

/** As the API answers it, of one that the caller has just asked for. */
export const taskById = async (asked: Pick<Asked<Reader>, 'tx' | 'hub'>, id: string): Promise<Answer<'task cancel'>> =>
  answer(asked.hub, await taskRow(asked.tx, id, sql`true`));

/** Of one that is asked about. Throws Problem 'not-found', also for one that the caller may not see. */
export const seenTask = ({ tx, caller }: Asking, id: string): Promise<TaskRow> =>
  taskRow(tx, id, visible('task', caller));

/** The same, of one with which something is to be done. Throws Problem 'forbidden'. */
async function ownTask(asking: Asking, id: string): Promise<TaskRow> {
  const row = await seenTask(asking, id);
  const owned = { client: await ownerOf(asking.tx, row.subjectType, row.subjectId) };
  asking.met?.push({ noun: 'task', id, name: `${row.name} ${row.subjectName}`, ...owned });
  const permission = asking.endpoint === 'task settle' ? 'task settle' : row.name;
  if (whyNotAllowed(asking.caller, permission, owned) !== null)
    throw refused(asking.caller, `ask for '${asking.endpoint}' of task ${id} (${row.name})`, owned);
  return row;
}

const sorts = {
  id: { column: 'task.id', type: 'bigint' },
  name: { column: 'task.name', type: 'text' },
  status: { column: 'task.status', type: 'text' },
  subject: { column: 'task.subject_name', type: 'text' },
  created: { column: 'task.created_at', type: 'timestamptz' },
} as const;

const list: Handler<'task list'> = async ({ query }, { tx, hub, caller }) => {
  const where = [
    visible('task', caller),
    equals('task.status', query.status),
    equals('task.name', query.name),
    equals('task.subject_type', query.noun),
    ofSubject(query.subject, query.noun),
    contains(['task.name', 'task.subject_name'], query.q),
  ];
  const keys = sorted({ keys: [sorts.id], descending: true }, sorts, query.sort);
  const page = await listPage<TaskRow>(tx, { columns, from, where, ...keys }, query);
  return { ...page, items: page.items.map((row) => answer(hub, row)) };
};

function ofSubject(subject: string | undefined, noun: Noun | undefined): RawBuilder<unknown> | null {
  if (subject === undefined) return null;
  if (!subject.startsWith('@')) {
    const named = sql`task.subject_name = ${subject}`;
    return noun !== undefined && isId(subject) ? sql`(${named} or task.subject_id = ${subject})` : named;
  }
  const meant = contextName(subject);
  return sql`task.subject_type = ${meant.noun} and task.subject_name = ${meant.name}`;
}

const get: Handler<'task get'> = async ({ params }, asked) => {
  const { tx, hub } = asked;
  const row = await seenTask(asked, params.task);
  return {
    ...answer(hub, row),
    steps: await stepsOf(tx, row.id),
    plan: await planOf(tx, row.name),
    actions: await actions(asked, row),
    waitsFor: row.status === 'queued' ? await waitsFor(asked, row) : [],
    waits: row.status === 'queued' ? await whyItWaits(asked, row) : null,
    cancelRequested: row.cancelRequested,
  };
};

async function actions({ tx, caller }: Asking, { name: task, status, subjectType, subjectId }: TaskRow) {
  const held = await whyNotCancelled({ tx, caller }, { name: task, subjectId });
  const owned = { client: await ownerOf(tx, subjectType, subjectId) };
  const action = (name: string, permission: string, when: readonly string[], also: string | null = null) => {
    const notThen = when.includes(status) ? null : `Not while it is ${status}, only when ${when.join(' or ')}.`;
    const reason = whyNotAllowed(caller, permission, owned) ?? notThen ?? also;
    return { name, possible: reason === null, ...(reason !== null && { reason }) };
  };
  return [
    action('cancel', task, ['queued', 'running'], held),
    action('retry', task, [...retried, 'stuck']),
    action('settle', 'task settle', ['stuck']),
  ];
}
const retried = ['failed', 'cancelled', 'done'];

const log: Handler<'task log'> = async ({ params, query }, asked) => {
  const { tx } = asked;
  await seenTask(asked, params.task);
  const events = await readLog(tx, params.task, query.after, query.limit + 1);
  const { rows } = await sql<{ total: number }>`
    select count(*)::int as total from event where task_id = ${params.task}`.execute(tx);
  const items = events.slice(0, query.limit).map(({ seq, at, data }) => ({ seq, at: iso(at), event: { ...data } }));
  const next = events.length > query.limit ? String(items.at(-1)?.seq) : null;
  return { items, next, total: rows[0]?.total ?? 0 };
};

const cancel: Handler<'task cancel'> = async ({ params }, asked) => {
  const row = await ownTask(asked, params.task);
  if ((await whyNotCancelled(asked, row)) !== null) throw refused(asked.caller, `cancel what locks ${row.subjectName}`);
  await cancelTask(asked.tx, params.task);
  return taskById(asked, params.task);
};
const settle: Handler<'task settle'> = async ({ params }, asked) => {
  await ownTask(asked, params.task);
  await settleTask(asked.tx, params.task);
  return taskById(asked, params.task);
};

const retry: Handler<'task retry'> = async ({ params }, asked) => {
  const before = await ownTask(asked, params.task);
  if (before.status === 'stuck') {
    await resumeTask(asked.tx, before.id);
    return taskById(asked, before.id);
  }
  if (!retried.includes(before.status))
    throw new Problem('wrong-status', `task ${before.id} is ${before.status}`, { hint: 'It has not ended yet.' });
  const { args, dryRun, priority } = before;
  const { task } = await ask(asked, before.subjectType, before.subjectId, {
    name: before.name,
    args,
    dryRun,
    priority,
  });
  return taskById(asked, task);
};

interface Wanted {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly dryRun: boolean;
  readonly runAt?: string | undefined;
  readonly priority?: number | undefined;
}

/** Asks for a task as the API does, with all that stands in its way as a Problem. The subject's row is held. */
export async function ask(asked: Asked, noun: Noun, subject: string, wanted: Wanted): ReturnType<typeof askFor> {
  const type = taskTypeOf(asked.hub, noun, wanted.name);
  const held = await resolve(asked, noun, subject, { lock: true });
  await demandAllowed(asked, type, held.id);
  await demandMeant(asked, type, [held], wanted.args);
  await demandPossible(asked.tx, type, held);
  if (wanted.name === 'platform delete' && !wanted.dryRun) await demandEmpty(asked, held.id, held.name);
  return askFor(asked, type, held, {
    args: wanted.args as Json, // It came as JSON.
    dryRun: wanted.dryRun,
    accountId: accountOf(asked),
    ...(wanted.runAt !== undefined && { runAt: new Date(wanted.runAt) }),
    ...(wanted.priority !== undefined && { priority: wanted.priority }),
  });
}

/** What arguments called like this speak of, whatever the task type. */
const meant: { readonly [arg: string]: Noun } = {
  ...{ platform: 'platform', server: 'server', dbServer: 'server', site: 'site', source: 'site', backup: 'backup' },
};

/** That must be something that the caller may see; where a client's, that the caller may have tasks on. */
export async function demandMeant(
  asked: Asked,
  type: TaskType,
  subjects: readonly Pick<Subject, 'id'>[],
  args: Wanted['args'],
): Promise<void> {
  if (asked.caller.kind === 'local') return;
  for (const [arg, noun] of Object.entries(meant)) {
    const given = args[arg];
    if (typeof given === 'string') await resolve(asked, noun, given);
  }
  if (type.name === 'site import' && args['backup'] === undefined)
    for (const { id } of subjects) await demandTakeOver(asked, id);
}

/** It takes over what lies in the platform's directory, whosever that is. */
async function demandTakeOver({ caller, tx }: Asked, site: string): Promise<void> {
  const owned = { client: await ownerOf(tx, 'site', site) };
  if (!mayDo(caller, 'site operate', owned)) throw refused(caller, 'take over a site that lies in a platform', owned);
}

/** Who makes a site on it holds the platform's row too, so none comes in between. */
async function demandEmpty({ tx }: Pick<Asked, 'tx'>, id: string, name: string): Promise<void> {
  const { rows } = await sql<{ name: string; total: number }>`
    select name, count(*) over ()::int as total
    from (select distinct name from site where platform_id = ${id} and status <> 'deleted') as site
    order by name limit ${namesShownMax}`.execute(tx);
  const [first] = rows;
  if (!first) return;
  const names = rows.map((site) => site.name);
  throw new Problem('in-use', `platform ${name} still carries ${namesShown(names, first.total)}`, {
    hint: `Migrate or delete these sites first. All of them: aegir site list --platform ${name}.`,
  });
}

// All of them are alike to the last word, so one function answers them.
const onNoun =
  (noun: Noun) =>
  async ({ params, body }: Given<'site task'>, asked: Asked): Promise<Answer<'site task'>> => {
    const { task, coalesced } = await ask(asked, noun, params.name, body);
    return { task: await taskById(asked, task), coalesced };
  };

export const taskHandlers = {
  'server task': onNoun('server'),
  'platform task': onNoun('platform'),
  'site task': onNoun('site'),
  'backup task': onNoun('backup'),
  'certificate task': onNoun('certificate'),
  'task list': list,
  'task get': get,
  'task log': log,
  'task cancel': cancel,
  'task retry': retry,
  'task settle': settle,
};
