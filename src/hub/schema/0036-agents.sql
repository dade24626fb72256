-- What an agent, a program on a server that takes that server's tasks, shows to the hub: kept as SHA-256. Good for this server only.
create table agent (
  id           bigint generated always as identity primary key,
  server_id    bigint      not null references server,
  hash         bytea       not null unique,
  account_id   bigint references account, -- who enrolled it; null: through the socket
  created_at   timestamptz not null default now(),
  last_used_at timestamptz,
  revoked_at   timestamptz
);
create index agent_server on agent (server_id);

-- A worker that is a process of an agent; null: one of the hub.
alter table worker add column agent_id bigint references agent;

-- It turned out to need another server than the agent's that had it: only workers of the hub take it.
alter table task add column hub_only boolean not null default false;

-- Sites, backups and platforms that a task is about: its subject, and what was allocated with it or is named by its arguments.
create function task_about(t task) returns table (noun text, id bigint) language sql stable as $$
  select t.subject_type, t.subject_id
  union select 'site', site.id from site where site.task_id = t.id
  union select 'backup', backup.id from backup where backup.task_id = t.id
  union select 'site', (t.args ->> 'source')::bigint where t.name = 'site clone'
  union select 'backup', (t.args ->> 'backup')::bigint
    where t.name in ('site restore', 'site import') and t.args ->> 'backup' ~ '^[1-9][0-9]{0,17}$'
  union select 'site', backup.site_id from backup
    where t.name = 'backup test' and backup.id = t.subject_id and backup.site_id is not null
$$;

-- The server whose agents may do a task: the one on which all that it is about lies, with web and database server, DNS, store of
-- backups. Null: none, the hub's own workers do it. Those are the tasks that
-- * need more than one server (an agent has no hands elsewhere, and is given no secret of another server's services),
-- * are the hub's own by their nature: 'server verify' says whether the hub reaches the server and pins its keys, 'certificate
--   obtain' needs the hub's account at the authority, 'backup import' and 'backup export' its directory of transfers,
-- * are of a plug-in, or use an engine of one or one that works on several servers: nobody knows what those need.
create function agent_server(t task) returns bigint language sql stable as $$
  with about as (select * from task_about(t)),
  service_used as (
    select platform.http_service_id as id from about join platform on platform.id = about.id where about.noun = 'platform'
    union select unnest(array[platform.http_service_id, site.db_service_id, site.dns_service_id])
      from about join site on site.id = about.id join platform on platform.id = site.platform_id where about.noun = 'site'
    union select dns_record.service_id from about join dns_record on dns_record.site_id = about.id where about.noun = 'site'
    union select backup.service_id from about join backup on backup.id = about.id where about.noun = 'backup'
  ),
  place as (
    select service.server_id, service.engine in (
        'nginx', 'apache', 'mysql', 'postgresql', 'sqlite', 'bind', 'powerdns', 'cloudflare', 'archive', 'restic', 'null'
      ) as is_known
    from service_used join service on service.id = service_used.id
    union select platform.server_id, true from about join platform on platform.id = about.id where about.noun = 'platform'
    union select platform.server_id, true from about join site on site.id = about.id
      join platform on platform.id = site.platform_id where about.noun = 'site'
    union select backup.server_id, backup.engine in ('archive', 'restic')
      from about join backup on backup.id = about.id where about.noun = 'backup'
  )
  select min(server_id) from place
  where not t.hub_only and t.name in (
    'platform verify', 'platform lock', 'platform unlock', 'platform delete',
    'site install', 'site import', 'site verify', 'site probe', 'site enable', 'site disable', 'site login', 'site hand-over', 'site clone',
    'site migrate', 'site move', 'site rename', 'site update', 'site backup', 'site restore', 'site delete',
    'backup verify', 'backup test', 'backup delete')
  having count(distinct server_id) = 1 and bool_and(is_known)
$$;
