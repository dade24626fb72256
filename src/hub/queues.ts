import { type RawBuilder, sql } from 'kysely';
import type { Answer, Given } from '../api/endpoints.ts';
import { periodOf, secondsOf } from '../model/period.ts';
import { Problem, type ProblemJson } from '../model/problem.ts';
import { isOpen, windowEdge, windowOf } from '../model/queue.ts';
import { hourly } from './hourly.ts';
import type { Asked, Handler, Reader } from './hub.ts';
import { contains, equals, listPage, pageOf } from './list.ts';
import { resolve } from './resolve.ts';
import { type SweepQueue, sweepNamed, sweepQueues } from './sweeps.ts';
import { iso, isoOrNull } from './time.ts';
import { isLate, placeTurns } from './turns.ts';

type Queue = Answer<'queue get'>;
type Looking = Pick<Asked<Reader>, 'tx' | 'hub'>;

/** What there is besides those with turns. */
const others: { readonly [name: string]: string } = {
  task: 'hands tasks to workers',
  reserve: 'makes spare sites, renames those that were asked for, deletes those of before',
  ...Object.fromEntries(Object.entries(hourly).map(([name, { about }]) => [name, about])),
};

interface QueueRow {
  readonly name: string;
  readonly paused: boolean;
  readonly everyS: number | null;
  readonly openHours: string | null;
  readonly atOnce: number | null;
  readonly lastRunAt: Date | null;
  readonly turns: number;
  readonly running: number;
  readonly due: number;
  readonly late: number;
  readonly failing: number;
}

async function all({ tx, hub }: Looking): Promise<readonly Queue[]> {
  const { rows } = await sql<QueueRow>`
    select queue.name, paused, queue.every_s, open_hours, at_once, coalesce(looked_at, last_run_at) as last_run_at,
           counted.* from queue cross join lateral (
      select count(*)::int as turns, count(begun_at)::int as running,
             (count(*) filter (where begun_at is null and due_at <= now()))::int as due,
             (count(*) filter (where ${isLate}))::int as late,
             (count(*) filter (where failures > 0))::int as failing
      from turn where turn.queue = queue.name) as counted`.execute(tx);
  const found = new Map(rows.map((row) => [row.name, row]));
  const sweeps = new Map(sweepQueues(hub.catalog).map((one) => [one.name, one]));
  const names = new Set([...Object.keys(others), ...sweeps.keys(), ...found.keys()]);
  return [...names].toSorted().map((name) => answer(name, found.get(name), sweeps.get(name)));
}

function answer(name: string, row: QueueRow | undefined, sweep: SweepQueue | undefined): Queue {
  const { turns = 0, running = 0, due = 0, late = 0, failing = 0 } = row ?? {};
  return {
    name,
    // A plug-in's may have gone with it.
    about: sweep?.about ?? others[name] ?? 'does nothing here any more',
    paused: row?.paused ?? false,
    every: sweep ? periodOf(row?.everyS ?? sweep.everySeconds) : null,
    ...hoursOf(row?.openHours ?? null),
    limit: sweep ? (row?.atOnce ?? sweep.atOnce) : null,
    ...{ turns, running, due, late, failing },
    lastRunAt: isoOrNull(row?.lastRunAt ?? null),
  };
}

function hoursOf(window: string | null): Pick<Queue, 'window' | 'isOpen' | 'changesAt'> {
  if (window === null) return { window, isOpen: true, changesAt: null };
  const [hours, now] = [windowOf(window), new Date()];
  return { window, isOpen: isOpen(hours, now), changesAt: iso(windowEdge(hours, now)) };
}

async function named(asking: Looking, name: string): Promise<Queue> {
  const found = (await all(asking)).find((queue) => queue.name === name);
  if (found) return found;
  throw new Problem('not-found', 'there is no such queue', { hint: 'aegir queue list shows them.' });
}

const list: Handler<'queue list'> = async ({ query }, asked) => {
  const items = await all(asked);
  const wanted = query.q?.toLowerCase() ?? '';
  return pageOf(
    items.filter(({ name, about }) => `${name} ${about}`.toLowerCase().includes(wanted)),
    ({ name }) => [name],
    query,
  ) as Answer<'queue list'>; // only readonly is taken away
};

const get: Handler<'queue get'> = ({ params }, asked) => named(asked, params.name);

async function setPaused(asked: Asked, name: string, paused: boolean): Promise<Queue> {
  const { tx } = asked;
  await named(asked, name);
  await sql`
    insert into queue (name, paused) values (${name}, ${paused})
    on conflict (name) do update set paused = excluded.paused`.execute(tx);
  await sql`select pg_notify('task', '')`.execute(tx); // Workers look again at once.
  return named(asked, name);
}

const pause: Handler<'queue pause'> = ({ params }, asked) => setPaused(asked, params.name, true);
const resume: Handler<'queue resume'> = ({ params }, asked) => setPaused(asked, params.name, false);

const set: Handler<'queue set'> = async ({ params, body }, asked) => {
  const { tx, hub } = asked;
  await named(asked, params.name);
  const sweep = sweepNamed(hub.catalog, params.name);
  const { every, window, limit } = body;
  const change = {
    ...(every !== undefined && { everyS: every === null ? null : secondsOf(every) }),
    ...(window !== undefined && { openHours: window }),
    ...(limit !== undefined && { atOnce: limit }),
  };
  await sql`insert into queue (name) values (${sweep.name}) on conflict do nothing`.execute(tx);
  if (Object.keys(change).length > 0)
    await tx.updateTable('queue').set(change).where('name', '=', sweep.name).execute();
  await placeTurns(tx, sweep, { anew: window !== undefined });
  return named(asked, sweep.name);
};

interface TurnRow {
  readonly subjectId: string;
  readonly subjectName: string;
  readonly server: string;
  readonly everyS: number;
  readonly state: 'waiting' | 'running' | 'late';
  readonly dueAt: Date;
  readonly begunAt: Date | null;
  readonly worker: string | null;
  readonly task: string | null;
  readonly failures: number;
  readonly lastAt: Date | null;
  readonly problem: ProblemJson | null;
}

const states: { readonly [One in NonNullable<Given<'queue turns'>['query']['state']>[number]]: RawBuilder<unknown> } = {
  waiting: sql`turn.begun_at is null`,
  running: sql`turn.begun_at is not null`,
  late: isLate,
  failing: sql`turn.failures > 0`,
};

const turns: Handler<'queue turns'> = async ({ params, query }, asked) => {
  const { tx, hub } = asked;
  const { name, noun } = sweepNamed(hub.catalog, params.name);
  const server = query.server === undefined ? undefined : (await resolve(asked, 'server', query.server)).id;
  const page = await listPage<TurnRow>(
    tx,
    {
      columns: sql`turn.subject_id, subject.name as subject_name, server.name as server, turn.every_s, turn.due_at,
        case when turn.begun_at is not null then 'running' when ${isLate} then 'late' else 'waiting' end as state,
        turn.begun_at, turn.worker, turn.task_id as task, turn.failures, turn.last_at, turn.last_problem as problem`,
      from: sql`(select *, (extract(epoch from due_at) * 1000000)::bigint as due from turn where queue = ${name}) as turn
        join ${sql.table(noun)} as subject on subject.id = turn.subject_id join server on server.id = turn.server_id`,
      where: [
        query.state === undefined
          ? null
          : sql`(${sql.join(
              query.state.map((state) => states[state]),
              sql` or `,
            )})`,
        equals('turn.server_id', server),
        contains(['subject.name'], query.q),
      ],
      keys: [
        { column: 'turn.due', type: 'bigint' },
        { column: 'turn.subject_id', type: 'bigint' },
      ],
    },
    query,
  );
  return {
    ...page,
    items: page.items.map(({ subjectId, subjectName, everyS, dueAt, begunAt, lastAt, worker, ...row }) => ({
      ...row,
      subject: { noun, id: subjectId, name: subjectName },
      every: periodOf(everyS),
      worker: row.task === null ? worker : null,
      dueAt: iso(dueAt),
      begunAt: isoOrNull(begunAt),
      lastAt: isoOrNull(lastAt),
    })),
  };
};

interface RunRow {
  readonly id: string;
  readonly subjectId: string;
  readonly subjectName: string;
  readonly status: string;
  readonly task: string | null;
  readonly dueAt: Date;
  readonly begunAt: Date;
  readonly endedAt: Date;
  readonly lines: string;
  readonly problem: ProblemJson | null;
}

const runs: Handler<'queue runs'> = async ({ params, query }, asked) => {
  const { tx, hub } = asked;
  const { name, noun } = sweepNamed(hub.catalog, params.name);
  const subject = query.subject === undefined ? undefined : (await resolve(asked, noun, query.subject)).id;
  const page = await listPage<RunRow>(
    tx,
    {
      columns: sql`run.id, run.subject_id, run.subject_name, run.status, run.task_id as task, run.due_at, run.begun_at,
        run.ended_at, run.lines, run.problem`,
      from: sql`run`,
      where: [
        equals('run.queue', name),
        equals('run.status', query.status),
        equals('run.subject_id', subject),
        contains(['run.subject_name'], query.q),
      ],
      keys: [{ column: 'run.id', type: 'bigint' }],
      descending: true,
    },
    query,
  );
  return {
    ...page,
    items: page.items.map(({ subjectId, subjectName, dueAt, begunAt, endedAt, ...row }) => ({
      ...row,
      subject: { noun, id: subjectId, name: subjectName },
      dueAt: iso(dueAt),
      begunAt: iso(begunAt),
      endedAt: iso(endedAt),
    })),
  };
};

export const queueHandlers = {
  'queue list': list,
  'queue get': get,
  'queue set': set,
  'queue pause': pause,
  'queue resume': resume,
  'queue turns': turns,
  'queue runs': runs,
};
