import { sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import type { BatchRule, MemberStatus } from '../model/batch.ts';
import type { Json } from '../model/json.ts';
import { Problem, type ProblemJson } from '../model/problem.ts';
import { refused } from './access.ts';
import { jsonb } from './database.ts';
import { fieldsOf } from './fields.ts';
import { type Asked, type Asking, accountOf, type Handler, type Reader } from './hub.ts';
import { contains, equals, listPage } from './list.ts';
import { demandNoLock } from './locked-sites.ts';
import { demandAllowed, taskTypeOf } from './possible.ts';
import { resolve } from './resolve.ts';
import { one } from './rows.ts';
import { sitesMatching } from './site.ts';
import { demandMeant } from './task.ts';
import { cancelUnlessEnded } from './task-control.ts';
import { iso, isoOrNull } from './time.ts';
import { batchesOnly, visible } from './visible.ts';

interface BatchRow extends BatchRule {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly args: Readonly<Record<string, Json>>;
  readonly status: string;
  readonly why: string | null;
  readonly account: string | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly cancelRequested: boolean;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
}
const columns = sql`batch.id, batch.name, batch.title, batch.args, batch.canary, batch.parallel, batch.failures_max,
  batch.status, batch.why, account.name as account, batch.cancel_requested_at is not null as cancel_requested,
  batch.created_at, batch.ended_at,
  (select coalesce(jsonb_object_agg(status, n), '{}') from
     (select status, count(*)::int as n from batch_member where batch_id = batch.id group by status) as counted) as counts`;
const from = sql`batch left join account on account.id = batch.account_id`;

const answer = ({ args, counts, createdAt, endedAt, ...row }: BatchRow): Answer<'batch get'> => ({
  ...row,
  args: { ...args },
  counts: { ...counts },
  members: Object.values(counts).reduce((sum, count) => sum + count, 0),
  createdAt: iso(createdAt),
  endedAt: isoOrNull(endedAt),
});

/** Throws Problem 'not-found', also for one that the caller may not see. */
async function batchById({ tx, caller }: Asking, id: string): Promise<Answer<'batch get'>> {
  const { rows } = await sql<BatchRow>`
    select ${columns} from ${from} where batch.id = ${id} and ${visible('batch', caller)}`.execute(tx);
  return answer(one(rows, `there is no batch ${id}`));
}

/** The same, of one with which something is to be done: for all of its sites one must be allowed to ask for its task. */
async function ownBatch(asking: Asking, id: string): Promise<Answer<'batch get'>> {
  const { tx, caller } = asking;
  const batch = await batchById(asking, id);
  asking.met?.push({ noun: 'batch', id, name: batch.title, client: await onlyClient(tx, id) });
  const { rows } = await sql`
    select from batch where batch.id = ${id} and ${batchesOnly(caller, batch.name)}`.execute(tx);
  if (rows.length === 0) throw refused(caller, `ask for '${batch.name}' of all sites of this batch`);
  return batch;
}

/** Whose all of its sites are; null: several clients'. */
async function onlyClient(tx: Reader, id: string): Promise<string | null> {
  const { rows } = await sql<{ client: string }>`
    select distinct site.client_id as client from batch_member join site on site.id = batch_member.subject_id
    where batch_id = ${id} limit 2`.execute(tx);
  return rows.length === 1 ? (rows[0]?.client ?? null) : null;
}

interface Wanted extends BatchRule {
  readonly name: string;
  readonly title: string;
  readonly args: Readonly<Record<string, unknown>>;
}
type Members = readonly { readonly id: string; readonly name: string }[];

/** The hub begins its first tasks a moment after this is committed: see batch-run.ts. */
export async function insertBatch(
  asked: Asked,
  wanted: Wanted,
  members: Members,
): Promise<{ batch: Answer<'batch get'> }> {
  const { tx, hub } = asked;
  const type = taskTypeOf(hub, 'site', wanted.name);
  const args = type.args.safeParse(wanted.args);
  if (!args.success)
    throw new Problem('invalid', `these are not arguments of '${type.name}'`, {
      fields: fieldsOf(args.error, ['args']),
    });
  if (members.length === 0)
    throw new Problem('invalid', 'there is no site to do it to', {
      hint: 'Look what the filter matches: aegir site list.',
    });
  // Its tasks are asked for later, as the account: here also a token's limits count, and who is signed in as another.
  await demandMeant(asked, type, members, wanted.args);
  const { title, canary, parallel, failuresMax } = wanted;
  const { rows } = await sql<{ id: string }>`
    insert into batch (name, noun, title, args, canary, parallel, failures_max, account_id)
    values (${type.name}, ${type.noun}, ${title}, ${jsonb(wanted.args)}::jsonb, ${canary}, ${parallel}, ${failuresMax},
            ${accountOf(asked)}) returning id`.execute(tx);
  const { id } = one(rows, 'the batch just inserted');
  await sql`
    insert into batch_member (batch_id, position, subject_id, subject_name)
    select ${id}::bigint, at, (one ->> 'id')::bigint, one ->> 'name'
    from jsonb_array_elements(${jsonb(members)}::jsonb) with ordinality as given (one, at)`.execute(tx);
  await sql`select pg_notify('task', '')`.execute(tx);
  return { batch: await batchById(asked, id) };
}

async function named(asked: Asked, names: readonly string[], task: string): Promise<Members> {
  const type = taskTypeOf(asked.hub, 'site', task);
  const found = new Map<string, string>();
  for (const given of names) {
    const { id, name, status } = await resolve(asked, 'site', given);
    await demandAllowed(asked, type, id);
    if (status === 'deleted') throw new Problem('not-found', `site ${name} is deleted`, { hint: 'Leave it out.' });
    found.set(id, name);
  }
  return [...found].map(([id, name]) => ({ id, name }));
}

const create: Handler<'batch create'> = async ({ body }, asked) => {
  const { name, args, title, sites, matching, ...rule } = body;
  if ((sites === undefined) === (matching === undefined))
    throw new Problem('invalid', 'a batch needs either sites or a filter for them', {
      hint: 'Give one of `sites` and `matching`.',
      fields: [{ path: 'sites', message: 'give either this or matching' }],
    });
  const members =
    sites === undefined ? await sitesMatching(asked, matching ?? {}, name) : await named(asked, sites, name);
  return insertBatch(asked, { name, args, title: title ?? name, ...rule }, members);
};

const migrate: Handler<'platform migrate'> = async ({ params, body }, asked) => {
  const { tx } = asked;
  const { to, sites, ...rule } = body;
  const platform = await resolve(asked, 'platform', params.name);
  const target = await resolve(asked, 'platform', to, { lock: true });
  if (platform.id === target.id)
    throw new Problem('invalid', `the sites of ${platform.name} are on it already`, {
      hint: 'Name another platform.',
      fields: [{ path: 'to', message: 'is the same platform' }],
    });
  if (target.status !== 'enabled')
    throw new Problem('wrong-status', `platform ${target.name} takes no site: it is ${target.status}`, {
      hint: `aegir platform get ${target.name} says why; verify or unlock it first.`,
    });
  const all = await sitesMatching(asked, { platform: platform.id }, 'site migrate');
  const members = sites === undefined ? await movable(tx, all) : await onPlatform(asked, sites, all, platform.name);
  const title = `${platform.name} to ${target.name}`;
  return insertBatch(asked, { name: 'site migrate', args: { platform: target.name }, title, ...rule }, members);
};

/** Sites that are not installed have nothing to migrate. */
async function movable(tx: Reader, all: Members): Promise<Members> {
  const { rows } = await sql<{ id: string }>`
    select id from site where id = any (${all.map(({ id }) => id)}::bigint[]) and status in ('enabled', 'disabled')`.execute(
    tx,
  );
  const installed = new Set(rows.map(({ id }) => id));
  return all.filter(({ id }) => installed.has(id));
}

async function onPlatform(asked: Asked, sites: readonly string[], all: Members, platform: string): Promise<Members> {
  const there = new Set(all.map(({ id }) => id));
  const wanted = await named(asked, sites, 'site migrate');
  const foreign = wanted.find(({ id }) => !there.has(id));
  if (foreign)
    throw new Problem('invalid', `${foreign.name} is not on the platform ${platform}`, {
      hint: `aegir site list --platform ${platform} shows those that are.`,
      fields: [{ path: 'sites', message: `${foreign.name} is on another platform` }],
    });
  return wanted;
}

const list: Handler<'batch list'> = async ({ query }, { tx, caller }) => {
  const where = [
    visible('batch', caller),
    equals('batch.status', query.status),
    contains(['batch.name', 'batch.title'], query.q),
  ];
  const keys = [{ column: 'batch.id', type: 'bigint' }] as const;
  const page = await listPage<BatchRow>(tx, { columns, from, where, keys, descending: true }, query);
  return { ...page, items: page.items.map(answer) };
};

const get: Handler<'batch get'> = async ({ params }, asked) => batchById(asked, params.batch);

interface MemberRow {
  readonly position: number;
  readonly noun: string;
  readonly subjectId: string;
  readonly subjectName: string;
  readonly status: MemberStatus;
  readonly taskId: string | null;
  readonly problem: ProblemJson | null;
  readonly begunAt: Date | null;
  readonly endedAt: Date | null;
}

const members: Handler<'batch members'> = async ({ params, query }, asked) => {
  const { tx } = asked;
  await batchById(asked, params.batch);
  const page = await listPage<MemberRow>(
    tx,
    {
      columns: sql`member.position, batch.noun, member.subject_id, member.subject_name, member.status, member.task_id,
        member.problem, member.begun_at, member.ended_at`,
      from: sql`batch_member member join batch on batch.id = member.batch_id`,
      where: [
        equals('member.batch_id', params.batch),
        equals('member.status', query.status),
        contains(['member.subject_name'], query.q),
      ],
      keys: [{ column: 'member.position', type: 'bigint' }],
    },
    query,
  );
  return {
    ...page,
    items: page.items.map(({ noun, subjectId, subjectName, taskId, begunAt, endedAt, ...row }) => ({
      ...row,
      subject: { noun, id: subjectId, name: subjectName },
      task: taskId,
      begunAt: isoOrNull(begunAt),
      endedAt: isoOrNull(endedAt),
    })),
  };
};

const log: Handler<'batch log'> = async ({ params, query }, asked) => {
  const { tx } = asked;
  await batchById(asked, params.batch);
  const { rows } = await sql<{ seq: number; at: Date; data: { type: string } }>`
    select seq, at, data from batch_event where batch_id = ${params.batch} and seq > ${query.after}
    order by seq limit ${query.limit + 1}`.execute(tx);
  const { rows: counted } = await sql<{ total: number }>`
    select count(*)::int as total from batch_event where batch_id = ${params.batch}`.execute(tx);
  const items = rows.slice(0, query.limit).map(({ seq, at, data }) => ({ seq, at: iso(at), event: { ...data } }));
  const next = rows.length > query.limit ? String(items.at(-1)?.seq) : null;
  return { items, next, total: counted[0]?.total ?? 0 };
};

/** Makes transactions of its own, one for each task: see `alone` in app.ts. */
const cancel: Handler<'batch cancel'> = async ({ params }, asked) => {
  const { tx } = asked;
  await ownBatch(asked, params.batch);
  await demandNoLock(asked, params.batch);
  const { rows } = await sql<{ id: string }>`
    update batch set cancel_requested_at = coalesce(cancel_requested_at, now())
    where id = ${params.batch} and status = 'running' returning id`.execute(tx);
  const batch = await batchById(asked, params.batch);
  if (!rows[0])
    throw new Problem('wrong-status', `batch ${batch.id} has ended: it is ${batch.status}`, {
      hint: 'What it has done stays; nothing is left to cancel.',
    });
  const { rows: tasks } = await sql<{ taskId: string }>`
    select task_id from batch_member where batch_id = ${batch.id} and status = 'running' and task_id is not null`.execute(
    tx,
  );
  for (const { taskId } of tasks) await cancelUnlessEnded(tx, taskId);
  await sql`select pg_notify('task', '')`.execute(tx);
  return batchById(asked, batch.id);
};

const retry: Handler<'batch retry'> = async ({ params }, asked) => {
  const { tx } = asked;
  const before = await ownBatch(asked, params.batch);
  if (before.status === 'running')
    throw new Problem('wrong-status', `batch ${before.id} has not ended yet`, { hint: 'Wait for it, or cancel it.' });
  const { rows } = await sql<{ id: string; name: string }>`
    select site.id, site.name from batch_member join site on site.id = batch_member.subject_id
    where batch_id = ${before.id} and batch_member.status <> 'done' and site.status <> 'deleted'
    order by position`.execute(tx);
  return insertBatch(asked, before, rows);
};

export const batchHandlers = {
  'platform migrate': migrate,
  'batch create': create,
  'batch list': list,
  'batch get': get,
  'batch members': members,
  'batch log': log,
  'batch cancel': cancel,
  'batch retry': retry,
};
