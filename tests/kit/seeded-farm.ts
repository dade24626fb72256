import pg from 'pg';
import { seededCertificates } from './seeded-certificates.ts';
import { seededOrders } from './seeded-orders.ts';
import { sweeps } from './seeded-sweeps.ts';

/** How much there is to be in the hub's database. */
export interface FarmSize {
  readonly sites: number;
  readonly tasks: number;
  readonly eventsOfTask: number;
}

export const wholeFarm: FarmSize = { sites: 10_000, tasks: 100_000, eventsOfTask: 10 };

/** A title that would do something if it were taken for markup. */
export const hostileTitle = `<img src=x onerror="document.title='taken over'"><b>bold</b>`;

/**
 * A farm as the hub would know it after years, written by SQL alone in seconds: 3 servers, 40 platforms, 120 clients, sites with
 * aliases, packages and backups, tasks with logs, batches. Nothing of it waits for a worker.
 */
export async function seedFarm(databaseUrl: string, size: FarmSize = wholeFarm): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('begin');
    for (const text of [servers, platforms, people]) await client.query(text);
    await client.query(sites, [size.sites]);
    for (const text of [aliases, packages, backups]) await client.query(text);
    await client.query(tasks, [size.tasks, size.sites]);
    await client.query(events, [size.eventsOfTask]);
    for (const text of [restOfTasks, batches, access, ...sweeps, seededOrders, seededCertificates])
      await client.query(text);
    await client.query('update site set title = $1 where id = (select min(id) from site)', [hostileTitle]);
    await client.query('commit');
    // As autovacuum would within a minute.
    await client.query('analyze');
  } finally {
    await client.end();
  }
}

const servers = `
  with made as (
    insert into server (name, title, host, status, verified_at, diagnosis)
    select name, title, host, 'enabled', now() - interval '3 hours', '{"system": "Debian GNU/Linux 12 (bookworm)", "kernel": "6.1.0-31-amd64",
      "cpus": 8, "memoryMb": 32096, "diskFreeMb": 412034, "php": "8.2.28", "phpExtensions": ["gd", "mbstring", "pdo", "xml", "curl"], "offers": [],
      "warnings": [{"finding": "opcache.max_accelerated_files is 10000", "hint": "Set it to 100000 in php.ini."}]}'
    from (values ('main1', 'Main server', 'localhost'), ('web2', 'Web 2, Montréal', 'web2.example.net'), ('web3', 'web3', 'web3.example.net'))
      as one (name, title, host) returning id, name)
  insert into service (server_id, type, engine, options, version)
  select made.id, type, engine, options::jsonb, version from made, (values
    ('http', 'nginx', '{"port": 80}', null), ('db', 'mysql', '{}', '10.11.11-MariaDB')) as one (type, engine, options, version)`;

const platforms = `
  insert into platform (name, title, root, server_id, http_service_id, status, application, version, verified_at, created_at)
  select 'd' || (array['9', '10', '11', '7'])[n % 4 + 1] || '-' || lpad(n::text, 2, '0'), 'Platform ' || n, '/var/aegir/platforms/p' || n || '/web',
         server.id, service.id, case when n = 7 then 'failed' when n = 12 then 'locked' else 'enabled' end, 'drupal',
         (array['9.5.11', '10.1.8', '11.2.4', '7.103'])[n % 4 + 1], now() - n * interval '3 hours', now() - n * interval '20 days'
  from generate_series(1, 40) as n
  join server on server.name = (array['main1', 'web2', 'web3'])[n % 3 + 1]
  join service on service.server_id = server.id and service.type = 'http'`;

const people = `
  with made as (
    insert into client (name, title, email, created_at)
    select 'client' || n, (array['University', 'City', 'Museum', 'Agency', 'School'])[n % 5 + 1] || ' ' || n, 'web@client' || n || '.example.org',
           now() - n * interval '7 days'
    from generate_series(1, 120) as n returning id)
  insert into account (name, email) select 'person' || n, 'person' || n || '@example.org' from generate_series(1, 30) as n`;

/** Each account has a role for one client or two; the first clients have quotas, one of them is locked. */
const access = `
  with members as (
    insert into membership (account_id, role_id, client_id)
    select account.id, role.id, client.id
    from (select id, row_number() over (order by id) as n from account where name like 'person%') as account
    join (select id, row_number() over (order by id) as n from client where name like 'client%') as client
      on client.n in (account.n, account.n * 2)
    join role on role.name = case when account.n % 3 = 0 then 'viewer' else 'client' end),
  limited as (
    update client set sites_max = 100, backups_max = 120, disk_max_mb = 80000, status = case when name = 'client4' then 'locked' else status end
    where name in ('client1', 'client2', 'client3', 'client4'))
  insert into audit (at, account_id, account, address, means, what, noun, subject_id, subject, client_id, result, code, details)
  select now() - n * interval '7 minutes', account.id, account.name, '192.0.2.' || n % 200 + 1, 'session ' || n % 40 + 1,
         case when n % 5 = 0 then 'site login-link' when n % 3 = 0 then 'site set' else 'site task' end, 'site', site.id, site.name, site.client_id,
         case when n % 29 = 0 then 'refused' else 'done' end, case when n % 29 = 0 then 'forbidden' end,
         case when n % 5 = 0 then '{}'::jsonb when n % 3 = 0 then '{"fields": ["title", "aliases"]}' else '{"task": "site backup"}' end
  from generate_series(1, 2000) as n
  join (select id, name, row_number() over (order by id) as at from account where name like 'person%') as account on account.at = n % 30 + 1
  join (select id, name, client_id, row_number() over (order by id) as at from site) as site on site.at = n % 300 + 1
  order by n desc`;

const sites = `
  insert into site (name, status, client_id, platform_id, db_service_id, directory, title, profile, email, db_name, db_user, db_password, hash_salt,
                    cron_key, run_user, fpm_socket, verified_at, created_at)
  select one.name, one.status, client.id, platform.id, service.id, one.name, one.title, 'standard', 'webmaster@example.com', 'site_' || n, 'site_' || n, '\\x00', '\\x00',
         '\\x00', 'www-data', '/run/php/php-fpm.sock', now() - (n % 500) * interval '1 hour', now() - n * interval '3 hours'
  from (select n, (array['news', 'shop', 'intranet', 'archive', 'blog', 'library', 'events'])[n % 7 + 1] || n || '.example.com' as name,
               case when n % 97 = 0 then 'failed' when n % 23 = 0 then 'disabled' else 'enabled' end as status,
               (array['News of ', 'Shop of ', 'Intranet of ', 'Archive of ', 'Blog of ', 'Library of ', 'Events of '])[n % 7 + 1] || 'department ' || n as title
        from generate_series(1, $1::int) as n) as one
  join (select id, name, row_number() over (order by id) as at from client) as client on client.at = n % 120 + 1
  join (select id, server_id, row_number() over (order by id) as at from platform) as platform on platform.at = n * n % 40 + 1
  join service on service.server_id = platform.server_id and service.type = 'db'`;

const aliases = `
  insert into alias (name, site_id, kind)
  select name, id, 'canonical' from site union all
  select 'www.' || name, id, case when id % 2 = 0 then 'alias' else 'redirect' end from site`;

const packages = `
  with made as (
    insert into package (application, type, name, title)
    select 'drupal', case when n > 54 then 'theme' else 'module' end, (array['views', 'token', 'webform', 'paragraphs', 'pathauto', 'redirect'])[n % 6 + 1] || n,
           (array['Views', 'Token', 'Webform', 'Paragraphs', 'Pathauto', 'Redirect'])[n % 6 + 1] || ' ' || n
    from generate_series(1, 60) as n returning id, name),
  released as (
    insert into release (package_id, version, schema_version)
    select made.id, '8.x-1.' || v, 8000 + v from made, generate_series(1, 3) as v returning id, package_id, version),
  lying as (
    insert into instance (release_id, platform_id, path)
    select released.id, platform.id, 'modules/contrib/' || made.name from released join made on made.id = released.package_id
    join platform on released.version = '8.x-1.' || platform.id % 3 + 1)
  insert into package_on_site (site_id, package_id, enabled, schema_version)
  select site.id, made.id, (site.id + made.id) % 4 <> 0, 8001 from site join made on (site.id + made.id) % 12 = 0`;

const backups = `
  insert into backup (name, status, site_id, site_name, reason, note, pinned, server_id, engine, manifest, bytes, verified, created_at)
  select site.name || '-20260801T120000Z-' || site.id || '-' || n, 'enabled', site.id, site.name, (array['schedule', 'request', 'before delete'])[n],
         '', site.id % 40 = 0, platform.server_id, 'archive', '{"format": 1, "application": {"name": "drupal", "version": "10.1.8"}}', 1000000 + site.id * 7919 % 900000000,
         case when n = 1 then jsonb_build_object('at', now(), 'ok', site.id % 331 <> 0, 'why', case when site.id % 331 = 0 then 'two parts have other checksums' end, 'seconds', 3.5) end,
         now() - (site.id % 40 * n) * interval '1 day'
  from site join platform on platform.id = site.platform_id, generate_series(1, 2) as n where site.id % 11 <> 0 and site.status <> 'failed'`;

const tasks = `
  insert into task (name, subject_type, subject_id, subject_name, locks, timeout_ms, status, attempt, worker, account_id, problem, created_at, run_at, started_at, ended_at)
  select (array['site verify', 'site backup', 'site update', 'site migrate', 'site disable'])[(n + n / 7) % 5 + 1], 'site', site.id, site.name, array['site:' || site.id], 600000,
         status, 1, 'main1-4711', case when n % 3 = 0 then account.id end,
         case when status = 'failed' then '{"code": "application-failed", "message": "the updates of system failed: there is no table cache_page", "causes": ["drush ended with 1"], "hint": "Restore the backup that was made before, or clear the caches and retry the task."}'::jsonb end,
         began, began, began + (n % 9) * interval '0.4 seconds', began + (n % 9) * interval '0.4 seconds' + (5 + n % 40) * interval '1 second'
  from (select n, now() - ($1::int - n) * interval '40 seconds' - interval '2 minutes' as began,
               case when n % 61 = 0 then 'failed' when n % 307 = 0 then 'cancelled' else 'done' end as status from generate_series(1, $1::int) as n) as one
  join (select id, name, row_number() over (order by id) as at from site) as site on site.at = n * 7::bigint % $2::int + 1
  join (select id, row_number() over (order by id) as at from account) as account on account.at = n % 30 + 1`;

/** A log as a worker writes it: begun, steps with a command each, the end. */
const events = `
  insert into event (task_id, seq, at, data)
  select task.id, seq, started_at + (ended_at - started_at) * (seq::float / $1::int), case
    when seq = 1 then jsonb_build_object('type', 'task.started', 'worker', worker, 'attempt', 1, 'steps', '["prepare", "copy files", "publish"]'::jsonb)
    when seq = $1::int and status = 'done' then jsonb_build_object('type', 'task.done', 'result', '{}'::jsonb)
    when seq = $1::int then jsonb_build_object('type', 'task.' || status, 'problem', coalesce(problem, '{"code": "cancelled", "message": "it was cancelled", "causes": []}'))
    when seq % 3 = 2 then jsonb_build_object('type', 'step.started', 'step', (array['prepare', 'copy files', 'publish'])[least(seq / 3 + 1, 3)])
    when seq = 9 then jsonb_build_object('type', 'step.done', 'step', 'publish', 'result', '{}'::jsonb)
    when seq % 3 = 0 then jsonb_build_object('type', 'command.output', 'stream', 'stdout', 'text', 'line ' || seq || ' of ' || name)
    when seq = 4 then jsonb_build_object('type', 'step.done', 'step', 'prepare', 'result', '{}'::jsonb)
    else jsonb_build_object('type', 'step.done', 'step', (array['prepare', 'copy files', 'publish'])[least(seq / 3, 3)], 'result', '{}'::jsonb) end
  from task, generate_series(1, $1::int) as seq`;

const restOfTasks = `
  with late as (
    insert into task (name, subject_type, subject_id, subject_name, locks, timeout_ms, run_at)
    select 'site backup', 'site', id, name, array['site:' || id], 600000, now() + interval '6 hours' from site where id % 2500 = 3)
  insert into task (name, subject_type, subject_id, subject_name, locks, timeout_ms, status, attempt, worker, problem, created_at, started_at, ended_at)
  select 'site delete', 'site', id, name, array['site:' || id], 600000, 'stuck', 3, 'main1-4711',
         '{"code": "server-unreachable", "message": "web2 does not answer on port 22", "causes": ["connect ETIMEDOUT"], "hint": "See whether the machine runs, then retry the task."}',
         now() - interval '2 hours', now() - interval '2 hours', now() - interval '1 hour'
  from site where id % 4000 = 5`;

const batches = `
  with made as (
    insert into batch (name, noun, title, args, canary, parallel, failures_max, status, why, created_at, ended_at)
    select 'site migrate', 'site', 'd9-0' || n || ' to d10-0' || n, '{"platform": "d10-01"}', 2, 4, 3, case when n = 2 then 'stopped' else 'done' end,
           case when n = 2 then '3 of its members failed' end, now() - n * interval '1 day', now() - n * interval '1 day' + interval '1 hour'
    from generate_series(1, 6) as n returning id, status)
  insert into batch_member (batch_id, position, subject_id, subject_name, status, problem, begun_at, ended_at)
  select made.id, site.at, site.id, site.name, case when made.status = 'stopped' and site.at > 60 then 'skipped' when site.at % 29 = 0 then 'failed' else 'done' end,
         case when site.at % 29 = 0 then '{"code": "application-failed", "message": "the front page answers 500", "causes": []}'::jsonb end,
         now() - interval '1 day', now() - interval '1 day' + interval '20 seconds'
  from made, (select id, name, row_number() over (order by id) as at from site limit 250) as site`;
