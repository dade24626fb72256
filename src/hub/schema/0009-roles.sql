-- What an account may: a role is a list of permissions (model/permission.ts), a membership gives it to an account, for one
-- client or for the whole hub.
create table role (
  id          bigint generated always as identity primary key,
  name        text        not null check (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  title       text        not null,
  permissions text[]      not null,
  built_in    boolean     not null default false,
  status      text        not null default 'enabled' check (status in ('enabled', 'deleted')),
  created_at  timestamptz not null default now(),
  -- The administrator may everything, for ever, and nobody else may.
  check (('*' = any (permissions)) = (built_in and name = 'administrator')),
  check (not built_in or status = 'enabled')
);
create unique index role_name on role (name) where status <> 'deleted';

insert into role (name, title, built_in, permissions) values
  ('administrator', 'Administrator', true, '{*}'),
  ('platform-manager', 'Platform manager', true, '{
    hub read, server read, server change, server task, platform read, platform change, platform task, client read, site read,
    site verify, site migrate, site move, site update, site backup, backup read, backup verify, backup test, task settle}'),
  ('account-manager', 'Account manager', true, '{
    client read, client change, account read, account change, account impersonate, membership change, audit read, platform read,
    site read, site change, site task, site secret, backup read, backup change, backup task, backup secret}'),
  ('client', 'Client', true, '{
    client read, account read, audit read, platform read,
    site read, site change, site task, site secret, backup read, backup change, backup task, backup secret}'),
  ('viewer', 'Viewer', true, '{hub read, server read, client read, platform read, site read, backup read}');

create table membership (
  id         bigint generated always as identity primary key,
  account_id bigint      not null references account,
  role_id    bigint      not null references role,
  -- Null: for the whole hub.
  client_id  bigint      references client,
  created_at timestamptz not null default now(),
  unique nulls not distinct (account_id, role_id, client_id)
);
create index membership_client on membership (client_id) where client_id is not null;
create index membership_role on membership (role_id);

-- Until now every account was allowed everything.
insert into membership (account_id, role_id)
select account.id, role.id from account, role where account.status <> 'deleted' and role.name = 'administrator';

-- Clients that may use a platform; of a platform without any: all.
create table platform_client (
  platform_id bigint not null references platform,
  client_id   bigint not null references client,
  primary key (platform_id, client_id)
);
create index platform_client_client on platform_client (client_id);

create index site_client on site (client_id);
create index backup_of_site on backup (site_id);

-- Who follows a log looks again whether they may when one of these has changed.
create function tell_access() returns trigger language plpgsql as $$
begin
  perform pg_notify('access', '');
  return null;
end $$;
create trigger membership_access after insert or update or delete on membership for each statement execute function tell_access();
create trigger role_access after update of permissions, status on role for each statement execute function tell_access();
create trigger account_access after update of status on account for each statement execute function tell_access();
create trigger token_access after update of revoked_at, expires_at or delete on token for each statement execute function tell_access();
create trigger site_access after update of client_id on site for each statement execute function tell_access();

-- How much of each a client may have; null: as much as it likes.
alter table client
  add column sites_max   int check (sites_max >= 0),
  add column backups_max int check (backups_max >= 0),
  add column disk_max_mb int check (disk_max_mb >= 0),
  -- What disables or enables its sites since it was locked or unlocked.
  add column lock_batch_id bigint references batch on delete set null;

alter table site
  -- It was enabled when its client was locked, so it is enabled again with it.
  add column locked boolean not null default false,
  -- What its files and its database took when somebody last looked; null: nobody did.
  add column bytes  bigint;
create index site_locked on site (client_id) where locked;
