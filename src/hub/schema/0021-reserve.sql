-- Sites that are there before anybody asks for them.

create table reserve (
  id           bigint generated always as identity primary key,
  name         text        not null,
  status       text        not null default 'enabled' check (status in ('enabled', 'deleted')),
  template_id  bigint      not null references site,
  platform_id  bigint      references platform,               -- null: the template's
  client_id    bigint      not null references client,        -- whose spares are until somebody asks for them
  pattern      text        not null,                          -- 'spare-*.example.net'
  counter      bigint      not null default 0,                -- the last number that stood in its place
  full_size    int         not null check (full_size >= emergency),
  emergency    int         not null check (emergency >= 0),
  life_s       int         not null check (life_s >= 0),      -- 0: for ever
  open_hours   text        not null,                          -- '01:00-05:00 Europe/Berlin'
  flushed_at   timestamptz,                                   -- spares of before are to go
  -- Of the clones that could not be begun, or failed, one after the other.
  failures     int         not null default 0,
  held_until   timestamptz,
  problem      jsonb,
  created_at   timestamptz not null default now()
);
create unique index reserve_name on reserve (name) where status <> 'deleted';

create table spare (
  id             bigint generated always as identity primary key,
  reserve_id     bigint      not null references reserve,
  template_id    bigint      not null references site,
  site_id        bigint      not null references site,
  name           text        not null,                        -- that the site was made under
  state          text        not null
                 check (state in ('building', 'ready', 'claimed', 'renaming', 'done', 'expired', 'failed')),
  state_at       timestamptz not null default now(),
  created_at     timestamptz not null default now(),
  claimed_at     timestamptz,                                 -- from then on it is somebody's, and never deleted by us
  wanted         text,                                        -- the name that was asked for
  account_id     bigint      references account,              -- who did
  handed_over_at timestamptz,
  ended_at       timestamptz,                                 -- nothing is to be done with it any more
  task_id        bigint      references task on delete set null,
  failures       int         not null default 0,
  held_until     timestamptz,
  problem        jsonb,
  check ((claimed_at is null) = (wanted is null)),
  check (claimed_at is null or state not in ('ready', 'expired')),
  check (claimed_at is not null or state not in ('claimed', 'renaming', 'done'))
);
-- A site is one spare, once.
create unique index spare_site on spare (site_id);
create index spare_open on spare (reserve_id, id) where ended_at is null;
create index spare_claimed on spare (reserve_id, claimed_at) where claimed_at is not null;
create index spare_task on spare (task_id) where task_id is not null;
