-- A site goes to another web server while the world remembers its records for a short time only: see model/staged-move.ts.

create table staged_move (
  id           bigint generated always as identity primary key,
  site_id      bigint      not null references site,
  account_id   bigint      references account,                -- in whose name it goes; null: through the socket
  from_id      bigint      not null references platform,      -- where it was when this was asked for
  platform_id  bigint      not null references platform,      -- where it is to go
  args         jsonb       not null,                          -- of the task that moves it
  -- For so long the world may remember its records meanwhile, if they say no less anyway.
  ttl_s        int         not null check (ttl_s between 60 and 3600),
  lower_s      int         not null check (lower_s >= 0),     -- so long before the move at least
  watch_s      int         not null check (watch_s >= 0),
  remembered_s int         not null check (remembered_s >= 0), -- for so long it may remember what they said before
  front_page   int,                                           -- what its front page answered before
  stage        text        not null default 'lower'
               check (stage in ('lower', 'wait', 'move', 'watch', 'raise', 'done', 'failed', 'cancelled')),
  stage_at     timestamptz not null default now(),
  due_at       timestamptz not null default now(),            -- nothing is done before
  ends_at      timestamptz,                                   -- of a wait and a watch
  ending       text        not null default 'done' check (ending in ('done', 'failed', 'cancelled')), -- what it is to be once it has raised
  stopped      boolean     not null default false,            -- nothing goes on until a person says so
  failures     int         not null default 0,                -- of this stage, one after the other
  task_id      bigint      references task on delete set null, -- what the stage waits for
  why          jsonb,                                         -- it failed or was cancelled
  problem      jsonb,                                         -- what is in the way just now
  created_at   timestamptz not null default now(),
  ended_at     timestamptz,
  check ((ended_at is not null) = (stage in ('done', 'failed', 'cancelled'))),
  check (not stopped or stage in ('watch', 'raise'))
);
create unique index staged_move_open on staged_move (site_id) where ended_at is null;
create index staged_move_site on staged_move (site_id, id);
create index staged_move_due on staged_move (due_at) where ended_at is null and not stopped;
create index staged_move_waits on staged_move (task_id) where task_id is not null;

-- All that it has asked for.
create table staged_move_task (
  staged_move_id bigint not null references staged_move on delete cascade,
  task_id        bigint not null references task on delete cascade,
  stage          text   not null,
  primary key (staged_move_id, task_id)
);
create index staged_move_task_asked on staged_move_task (task_id);
