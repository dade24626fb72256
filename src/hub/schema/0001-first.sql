-- The truth. Singular tables, snake_case columns, bigint ids. Deleted things keep their row (status 'deleted'),
-- so that a task's subject always exists. Secrets are sealed outside (AES-256-GCM) and stored as bytea.

create table client (
  id         bigint generated always as identity primary key,
  -- Short name, safe as a UNIX group: 16 characters are what all systems take (seed 003).
  name       text        not null check (name ~ '^[a-z][a-z0-9_-]{0,15}$'),
  title      text        not null,
  email      text,
  status     text        not null default 'enabled' check (status in ('enabled', 'locked', 'deleted')),
  created_at timestamptz not null default now()
);
create unique index client_name on client (name) where status <> 'deleted';

create table account (
  id         bigint generated always as identity primary key,
  name       text        not null,
  email      text,
  status     text        not null default 'enabled' check (status in ('enabled', 'locked', 'deleted')),
  created_at timestamptz not null default now()
);
create unique index account_name on account (name) where status <> 'deleted';

-- Bearer tokens: shown once, kept as SHA-256.
create table token (
  id           bigint generated always as identity primary key,
  account_id   bigint      not null references account,
  title        text        not null,
  hash         bytea       not null unique,
  expires_at   timestamptz,
  revoked_at   timestamptz,
  last_used_at timestamptz,
  created_at   timestamptz not null default now()
);

create table server (
  id          bigint generated always as identity primary key,
  name        text        not null check (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  title       text        not null,
  host        text        not null,
  status      text        not null default 'queued' check (status in ('queued', 'enabled', 'failed', 'locked', 'deleted')),
  -- Root of what Aegir keeps there.
  root        text        not null default '/var/aegir',
  data        jsonb       not null default '{}',
  diagnosis   jsonb,
  verified_at timestamptz,
  created_at  timestamptz not null default now()
);
create unique index server_name on server (name) where status <> 'deleted';

create table service (
  id         bigint generated always as identity primary key,
  server_id  bigint      not null references server,
  type       text        not null,
  engine     text        not null,
  options    jsonb       not null default '{}',
  -- The options that are secrets, as one sealed JSON object.
  secrets    bytea,
  status     text        not null default 'enabled' check (status in ('enabled', 'deleted')),
  created_at timestamptz not null default now()
);
create unique index service_of_server on service (server_id, type) where status <> 'deleted';

create table platform (
  id              bigint generated always as identity primary key,
  name            text        not null check (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  title           text        not null,
  root            text        not null check (root ~ '^/[A-Za-z0-9._/-]+$'),
  server_id       bigint      not null references server,
  http_service_id bigint      not null references service,
  status          text        not null default 'queued' check (status in ('queued', 'enabled', 'failed', 'locked', 'deleted')),
  application     text,
  version         text,
  scan            jsonb,
  sites_found     jsonb       not null default '[]',
  verified_at     timestamptz,
  created_at      timestamptz not null default now()
);
create unique index platform_name on platform (name) where status <> 'deleted';
create unique index platform_root on platform (server_id, root) where status <> 'deleted';

create table site (
  id               bigint generated always as identity primary key,
  name             text        not null,
  status           text        not null default 'queued' check (status in ('queued', 'enabled', 'disabled', 'failed', 'deleted')),
  client_id        bigint      not null references client,
  platform_id      bigint      not null references platform,
  db_service_id    bigint      not null references service,
  directory        text        not null,
  title            text        not null,
  profile          text        not null,
  language         text        not null default 'en',
  email            text        not null,
  redirection      text,
  tls              text        not null default 'off' check (tls in ('off', 'on', 'required')),
  certificate_path text,
  key_path         text,
  db_name          text        not null,
  db_user          text        not null,
  db_password      bytea       not null,
  db_is_ours       boolean     not null default true,
  hash_salt        bytea       not null,
  cron_key         bytea       not null,
  run_user         text        not null,
  fpm_socket       text        not null,
  data             jsonb       not null default '{}',
  verified_at      timestamptz,
  created_at       timestamptz not null default now(),
  deleted_at       timestamptz,
  check ((certificate_path is null) = (key_path is null))
);
create unique index site_directory on site (platform_id, directory) where status <> 'deleted';
create unique index site_database on site (db_service_id, db_name) where status <> 'deleted';
create index site_status on site (status, id);
create index site_platform on site (platform_id) where status <> 'deleted';

-- Every host name that is taken, canonical or alias: the primary key makes them unique over all sites.
create table alias (
  name      text    primary key,
  site_id   bigint  not null references site,
  kind      text    not null check (kind in ('canonical', 'alias', 'redirect'))
);
create index alias_site on alias (site_id);
create unique index alias_canonical on alias (site_id) where kind = 'canonical';

-- Profile, module, theme, plugin; its releases; and where a release is: on a platform or enabled on a site.
create table package (
  id   bigint generated always as identity primary key,
  application text not null,
  type text   not null,
  name text   not null,
  title text  not null,
  unique (application, type, name)
);
create table release (
  id             bigint generated always as identity primary key,
  package_id     bigint not null references package,
  version        text,
  schema_version bigint,
  core_compatibility text,
  unique nulls not distinct (package_id, version, schema_version, core_compatibility)
);
create table instance (
  release_id  bigint not null references release,
  platform_id bigint not null references platform,
  path        text   not null,
  hidden      boolean not null default false,
  primary key (platform_id, path, release_id)
);
create table package_on_site (
  site_id        bigint  not null references site,
  package_id     bigint  not null references package,
  enabled        boolean not null,
  schema_version bigint,
  primary key (site_id, package_id)
);
create index package_on_site_package on package_on_site (package_id);

create table backup (
  id         bigint generated always as identity primary key,
  site_id    bigint      not null references site,
  status     text        not null default 'queued' check (status in ('queued', 'enabled', 'failed', 'deleted')),
  created_at timestamptz not null default now()
);

-- A task is what was asked for, and at the same time its place in the queue.
create table task (
  id                  bigint generated always as identity primary key,
  name                text        not null,                    -- 'site install'
  subject_type        text        not null,                    -- 'site'
  subject_id          bigint      not null,
  subject_name        text        not null,                    -- as it was called when it was asked for
  args                jsonb       not null default '{}',
  dry_run             boolean     not null default false,
  locks               text[]      not null,                    -- sorted: {'server:2','site:7'}
  priority            int         not null default 0,          -- lower runs first
  run_at              timestamptz not null default now(),
  status              text        not null default 'queued'
                      check (status in ('queued', 'running', 'done', 'failed', 'stuck', 'cancelled')),
  attempt             int         not null default 0,          -- also the fencing token of the claim
  attempts_max        int         not null default 3,
  timeout_ms          int         not null,
  worker              text,
  heartbeat_at        timestamptz,
  cancel_requested_at timestamptz,
  account_id          bigint references account,
  result              jsonb,
  problem             jsonb,
  created_at          timestamptz not null default now(),
  started_at          timestamptz,
  ended_at            timestamptz
);
create index task_waiting on task (priority, id) where status = 'queued';
create index task_waiting_locks on task using gin (locks) where status = 'queued';
create index task_running on task (heartbeat_at) where status = 'running';
create index task_subject on task (subject_type, subject_id, id);
create index task_ended on task (ended_at) where ended_at is not null;

-- Held while a task runs (and while it is stuck), so two tasks never touch one thing at a time.
create table lock (
  key     text   primary key,
  task_id bigint not null references task on delete cascade
);
create index lock_task on lock (task_id);

create table event (
  task_id bigint      not null references task on delete cascade,
  seq     int         not null,
  at      timestamptz not null default clock_timestamp(),
  data    jsonb       not null,
  primary key (task_id, seq)
);

-- What a task found out and must not be in its log: the one-time login link. Gone after a day.
create table task_secret (
  task_id    bigint      not null references task on delete cascade,
  name       text        not null,
  sealed     bytea       not null,
  created_at timestamptz not null default now(),
  primary key (task_id, name)
);

create table worker (
  name         text        primary key,
  started_at   timestamptz not null default now(),
  heartbeat_at timestamptz not null default now(),
  -- Why it takes no task just now ('load 12.3 is over 10.0'), or null.
  waiting      text
);

create table queue (
  name        text        primary key,
  paused      boolean     not null default false,
  last_run_at timestamptz
);
insert into queue (name) values ('task');

create table setting (
  name  text  primary key,
  value jsonb not null
);
