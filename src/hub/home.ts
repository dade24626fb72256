import { sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import type { Asking, Handler } from './hub.ts';
import { one } from './rows.ts';
import { iso } from './time.ts';
import { visible } from './visible.ts';

type Home = Answer<'home'>;
type Attention = Home['attention'][number];

const ofEach = 3;
const hoursShown = 48;
/** Sites that are in use: nobody expects a backup of others. */
const inUse = sql`site.status in ('enabled', 'disabled') and site.copy_of is null`;

/** All of it as far as who asks may see it. */
const home: Handler<'home'> = async (_, asked) => ({
  counts: await counts(asked),
  attention: await attention(asked),
  hours: await hours(asked),
  versions: await versions(asked),
  backupAges: await backupAges(asked),
  servers: await servers(asked),
});

async function counts({ tx, caller }: Asking): Promise<Home['counts']> {
  const ofTasks = (condition: ReturnType<typeof sql>) =>
    sql`(select count(*)::int from task where ${condition} and ${visible('task', caller)})`;
  const { rows } = await sql<Home['counts']>`
    select
      (select count(*)::int from site where status <> 'deleted' and copy_of is null and ${visible('site', caller)}) as sites,
      (select count(*)::int from platform where status <> 'deleted' and ${visible('platform', caller)}) as platforms,
      (select count(*)::int from server where status <> 'deleted' and ${visible('server', caller)}) as servers,
      ${ofTasks(sql`status = 'running'`)} as running, ${ofTasks(sql`status = 'queued'`)} as queued,
      ${ofTasks(sql`status = 'failed' and ended_at > now() - interval '1 day'`)} as failed_today`.execute(tx);
  return one(rows, 'the counts');
}

/** A few of each kind, the worst kinds first: behind each stands a list that has them all. */
async function attention({ tx, caller }: Asking): Promise<Attention[]> {
  const { rows } = await sql<Omit<Attention, 'at'> & { readonly at: Date | null }>`
    (select 'stuck' as kind, true as is_bad, 'task' as noun, id::text as name, name || ' ' || subject_name as title,
            coalesce(problem ->> 'message', '') as about, ended_at as at
     from task where status = 'stuck' and ${visible('task', caller)} order by id desc limit ${ofEach})
    union all
    (select 'failed', true, subject.noun, subject.name, subject.name, subject.noun, null::timestamptz from (
       select 'server' as noun, name from server where status = 'failed' and ${visible('server', caller)} union all
       select 'platform', name from platform where status = 'failed' and ${visible('platform', caller)} union all
       select 'site', name from site where status = 'failed' and copy_of is null and ${visible('site', caller)})
     as subject limit ${ofEach})
    union all
    (select 'failed', true, 'task', id::text, name || ' ' || subject_name, coalesce(problem ->> 'message', ''), ended_at
     from task where status = 'failed' and ended_at > now() - interval '1 day' and ${visible('task', caller)}
     order by ended_at desc limit ${ofEach})
    union all
    (select 'stopped', true, 'batch', id::text, title, coalesce(why, ''), ended_at
     from batch where status = 'stopped' and ended_at > now() - interval '7 days' and ${visible('batch', caller)}
     order by id desc limit ${ofEach})
    union all
    (select 'bad backup', true, 'backup', name, site_name, coalesce(verified ->> 'why', tested ->> 'why', ''), created_at
     from backup where status = 'enabled' and (verified ->> 'ok' = 'false' or tested ->> 'ok' = 'false')
       and ${visible('backup', caller)} order by id desc limit ${ofEach})`.execute(tx);
  return rows.map((row) => ({ ...row, at: row.at && iso(row.at) }));
}

async function hours({ tx, caller }: Asking): Promise<Home['hours']> {
  const { rows } = await sql<{ at: Date; done: number; failed: number; waitedMs: number | null }>`
    select hour as at, count(task.id) filter (where task.status = 'done')::int as done,
      count(task.id) filter (where task.status in ('failed', 'stuck'))::int as failed,
      percentile_cont(0.5) within group (
        order by extract(epoch from task.started_at - greatest(task.run_at, task.created_at)) * 1000) as waited_ms
    from generate_series(date_trunc('hour', now()) - make_interval(hours => ${hoursShown - 1}), now(), '1 hour') as hour
    left join task on task.ended_at >= hour and task.ended_at < hour + interval '1 hour'
      and task.ended_at > now() - make_interval(hours => ${hoursShown + 1}) and ${visible('task', caller)}
    group by hour order by hour`.execute(tx);
  return rows.map((row) => ({ ...row, at: iso(row.at) }));
}

const versionsMax = 12;

async function versions({ tx, caller }: Asking): Promise<Home['versions']> {
  const { rows } = await sql<Home['versions'][number]>`
    select platform.application, platform.version, count(*)::int as sites
    from site join platform on platform.id = site.platform_id where ${inUse} and ${visible('site', caller)}
    group by platform.application, platform.version order by count(*) desc limit ${versionsMax}`.execute(tx);
  return [...rows];
}

const ages = ['day', 'week', 'month', 'older', 'none'] as const;

async function backupAges({ tx, caller }: Asking): Promise<Home['backupAges']> {
  const { rows } = await sql<Home['backupAges'][number]>`
    select case when last.at > now() - interval '1 day' then 'day' when last.at > now() - interval '7 days' then 'week'
                when last.at > now() - interval '30 days' then 'month' when last.at is not null then 'older'
                else 'none' end as age, count(*)::int as sites
    from site left join (select site_id, max(created_at) as at from backup where status = 'enabled' group by site_id) as last
      on last.site_id = site.id
    where ${inUse} and ${visible('site', caller)} group by age`.execute(tx);
  return ages.map((age) => rows.find((row) => row.age === age) ?? { age, sites: 0 });
}

const serversMax = 12;

async function servers({ tx, caller }: Asking): Promise<Home['servers']> {
  const { rows } = await sql<Home['servers'][number]>`
    select server.name, count(distinct platform.id)::int as platforms, count(site.id)::int as sites,
      (server.diagnosis ->> 'diskFreeMb')::float8 as disk_free_mb,
      (select coalesce(sum(bytes), 0)::float8 from backup
       where backup.server_id = server.id and backup.status = 'enabled') as backup_bytes
    from server left join platform on platform.server_id = server.id and platform.status <> 'deleted'
      left join site on site.platform_id = platform.id and ${inUse}
    where server.status <> 'deleted' and ${visible('server', caller)}
    group by server.id order by sites desc, server.name limit ${serversMax}`.execute(tx);
  return [...rows];
}

export const homeHandlers = { home };
