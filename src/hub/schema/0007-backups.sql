-- The stub of 0001 never had a row.
drop table backup;

create table backup (
  id            bigint generated always as identity primary key,
  -- Its key in its store: 'example.com-20260801T120000Z-12'.
  name          text        not null unique,
  status        text        not null default 'queued' check (status in ('queued', 'enabled', 'failed', 'deleted')),
  -- Null: it came from elsewhere and belongs to no site here.
  site_id       bigint      references site,
  -- As the site was called then; '' of an upload that nobody has looked into yet.
  site_name     text        not null,
  reason        text        not null check (reason in ('request', 'schedule', 'before delete', 'before restore', 'import')),
  note          text        not null default '',
  pinned        boolean     not null default false,
  -- Where it is. Engine and options are as they were then, so that it is found whatever the server's service is today;
  -- null: the server had no such service.
  server_id     bigint      not null references server,
  service_id    bigint      references service,
  engine        text        not null,
  options       jsonb       not null default '{}',
  secrets       bytea,
  -- The task that makes it, until that has ended well.
  task_id       bigint      references task on delete set null,
  account_id    bigint      references account,
  -- Name of the uploaded file that it is, or was, made of.
  upload        text,
  manifest      jsonb,
  bytes         bigint,
  -- What the last look at it found; null: nobody looked.
  verified      jsonb,
  tested        jsonb,
  created_at    timestamptz not null default now(),
  deleted_at    timestamptz,
  check ((status <> 'enabled') or (manifest is not null and bytes is not null))
);
create index backup_site on backup (site_id, id) where status <> 'deleted';
create index backup_task on backup (task_id) where task_id is not null;
