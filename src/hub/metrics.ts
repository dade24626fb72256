import { sql } from 'kysely';
import type { Hub, Reader } from './hub.ts';
import { type Metric, metricText } from './metric-text.ts';
import { isLate } from './turns.ts';

/** What Prometheus asks for: how the hub is, in figures. No name of a site, a client or a person is among them. */
export async function metricsText({ database: { db }, version }: Hub): Promise<string> {
  return metricText([
    { name: 'aegir_info', help: 'Always 1', samples: [{ labels: { version }, value: 1 }] },
    ...(await ofTasks(db)),
    ...(await ofWorkers(db)),
    ...(await ofSites(db)),
    ...(await ofDrift(db)),
    ...(await ofBackups(db)),
    ...(await ofQueues(db)),
  ]);
}

async function ofTasks(db: Reader): Promise<readonly Metric[]> {
  const { rows: open } = await sql<{ name: string; status: string; count: number }>`
    select name, status, count(*)::int as count from task
    where status in ('queued', 'running', 'stuck') and not dry_run group by name, status order by 1, 2`.execute(db);
  const { rows: ended } = await sql<{ name: string; status: string; count: number }>`
    select name, status, count(*)::int as count from task
    where ended_at > now() - interval '1 hour' and not dry_run group by name, status order by 1, 2`.execute(db);
  const { rows: waiting } = await sql<{ oldest: number; quantiles: readonly number[] | null }>`
    select (select coalesce(extract(epoch from now() - min(greatest(created_at, run_at))), 0)::float from task
            where status = 'queued' and run_at <= now()) as oldest,
           (select percentile_disc(array[0.5, 0.95, 1])
                   within group (order by extract(epoch from started_at - greatest(created_at, run_at))::float)
            from task where ended_at > now() - interval '1 hour' and started_at is not null) as quantiles`.execute(db);
  const quantiles = waiting[0]?.quantiles ?? [];
  return [
    {
      name: 'aegir_tasks',
      help: 'Tasks that have not ended, by type and status',
      samples: open.map(({ count, ...labels }) => ({ labels, value: count })),
    },
    {
      name: 'aegir_tasks_ended_last_hour',
      help: 'Tasks that ended in the last hour, by type and result',
      samples: ended.map(({ name, status, count }) => ({ labels: { name, result: status }, value: count })),
    },
    {
      name: 'aegir_task_queue_oldest_seconds',
      help: 'How long the oldest task waits that could begin',
      samples: [{ value: waiting[0]?.oldest ?? 0 }],
    },
    {
      name: 'aegir_task_waiting_seconds',
      help: 'How long tasks had waited before they began, of those that ended in the last hour',
      samples: quantileSamples(quantiles),
    },
  ];
}

async function ofWorkers(db: Reader): Promise<readonly Metric[]> {
  const { rows } = await sql<{ all: number; waiting: number }>`
    select count(*)::int as all, count(waiting)::int as waiting from worker
    where heartbeat_at > now() - interval '15 seconds'`.execute(db);
  const { all = 0, waiting = 0 } = rows[0] ?? {};
  return [
    {
      name: 'aegir_workers',
      help: 'Workers that live: those that take tasks, and those that wait for their machine to have less to do',
      samples: [
        { labels: { state: 'taking' }, value: all - waiting },
        { labels: { state: 'waiting' }, value: waiting },
      ],
    },
  ];
}

async function ofSites(db: Reader): Promise<readonly Metric[]> {
  const { rows } = await sql<{ status: string; count: number }>`
    select status, count(*)::int as count from site where status <> 'deleted' and copy_of is null
    group by status order by 1`.execute(db);
  return [
    {
      name: 'aegir_sites',
      help: 'Sites by status',
      samples: rows.map(({ status, count }) => ({ labels: { status }, value: count })),
    },
  ];
}

async function ofDrift(db: Reader): Promise<readonly Metric[]> {
  const { rows } = await sql<{ noun: string; drifted: number; oldest: number }>`
    select noun.noun, count(drift.since)::int as drifted,
           coalesce(extract(epoch from now() - min(drift.looked_at)), 0)::float as oldest
    from (values ('platform'), ('site')) as noun (noun) left join drift on drift.noun = noun.noun
    group by 1 order by 1`.execute(db);
  return [
    {
      name: 'aegir_drifted',
      help: 'Sites and platforms of which something differs from what the hub wrote, as last seen',
      samples: rows.map(({ noun, drifted }) => ({ labels: { noun }, value: drifted })),
    },
    {
      name: 'aegir_drift_look_age_seconds',
      help: 'How long ago somebody looked at the one that nobody has looked at for longest',
      samples: rows.map(({ noun, oldest }) => ({ labels: { noun }, value: oldest })),
    },
  ];
}

async function ofBackups(db: Reader): Promise<readonly Metric[]> {
  const { rows } = await sql<{ without: number; quantiles: readonly number[] | null; total: number; proven: number }>`
    with newest as (
      select site.id, max(backup.created_at) as at from site
      left join backup on backup.site_id = site.id and backup.status = 'enabled'
      where site.status in ('enabled', 'disabled') and site.copy_of is null group by site.id)
    select (count(*) filter (where at is null))::int as without,
           percentile_disc(array[0.5, 0.95, 1]) within group (order by extract(epoch from now() - at)::float)
             filter (where at is not null) as quantiles,
           (select count(*)::int from backup where status = 'enabled') as total,
           (select count(*)::int from backup where status = 'enabled' and (tested ->> 'ok')::boolean
              and (tested ->> 'at')::timestamptz > now() - interval '30 days') as proven
    from newest`.execute(db);
  const { without = 0, quantiles = null, total = 0, proven = 0 } = rows[0] ?? {};
  return [
    { name: 'aegir_backups', help: 'Backups that are there', samples: [{ value: total }] },
    {
      name: 'aegir_backups_proven',
      help: 'Backups of which a site could be made within the last 30 days',
      samples: [{ value: proven }],
    },
    {
      name: 'aegir_sites_without_backup',
      help: 'Sites of which there is no backup',
      samples: [{ value: without }],
    },
    {
      name: 'aegir_backup_age_seconds',
      help: "Age of each site's newest backup",
      samples: quantileSamples(quantiles ?? []),
    },
  ];
}

async function ofQueues(db: Reader): Promise<readonly Metric[]> {
  const { rows } = await sql<{
    queue: string;
    paused: boolean;
    waiting: number;
    running: number;
    late: number;
    failing: number;
    lateSeconds: number;
  }>`
    select queue.name as queue, paused, count(turn.queue) filter (where begun_at is null)::int as waiting,
           count(begun_at)::int as running, (count(*) filter (where ${isLate}))::int as late,
           (count(*) filter (where failures > 0))::int as failing,
           coalesce(max(extract(epoch from now() - due_at)) filter (where ${isLate}), 0)::float as late_seconds
    from queue left join turn on turn.queue = queue.name group by queue.name, paused order by 1`.execute(db);
  const { rows: runs } = await sql<{ queue: string; status: string; count: number }>`
    select queue, status, count(*)::int as count from run where ended_at > now() - interval '1 hour'
    group by queue, status order by 1, 2`.execute(db);
  const states = ['waiting', 'running', 'late', 'failing'] as const;
  return [
    {
      name: 'aegir_queue_paused',
      help: 'Whether a queue is paused',
      samples: rows.map(({ queue, paused }) => ({ labels: { queue }, value: Number(paused) })),
    },
    {
      name: 'aegir_queue_turns',
      help: 'Turns by state; late and failing ones also wait or run',
      samples: rows.flatMap((row) =>
        states.map((state) => ({ labels: { queue: row.queue, state }, value: row[state] })),
      ),
    },
    {
      name: 'aegir_queue_late_seconds',
      help: 'How far behind the latest turn is',
      samples: rows.map(({ queue, lateSeconds }) => ({ labels: { queue }, value: lateSeconds })),
    },
    {
      name: 'aegir_runs_last_hour',
      help: 'Turns that ended in the last hour, by result',
      samples: runs.map(({ queue, status, count }) => ({ labels: { queue, result: status }, value: count })),
    },
  ];
}

/** Of the fractions that the queries ask for; none where there was nothing to measure. */
const quantileSamples = (values: readonly number[]): Metric['samples'] =>
  ['0.5', '0.95', '1'].flatMap((quantile, at) => {
    const value = values[at];
    return value === undefined ? [] : [{ labels: { quantile }, value }];
  });
