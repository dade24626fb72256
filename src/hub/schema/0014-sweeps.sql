-- What a person has said of a queue; null: as it is by itself.
alter table queue
  add column every_s    int  check (every_s >= 0),             -- 0: never, unless a subject has a period of its own
  add column open_hours text,                                  -- '22:00-04:00 Europe/Berlin'; null: always
  add column at_once    int  check (at_once > 0),              -- turns of one server
  -- When somebody last looked what is due: a gap is an outage.
  add column looked_at  timestamptz;

-- A subject's place in a queue: when it is due, and how its last turn went. A row for each, not for each run: 10,000 sites
-- with a cron of an hour have 240,000 runs a day.
create table turn (
  queue        text        not null,
  subject_id   bigint      not null,
  server_id    bigint      not null references server,         -- what it loads
  every_s      int         not null check (every_s > 0),
  due_at       timestamptz not null,
  failures     int         not null default 0,                 -- one after the other
  -- Of one that has begun: who holds it, and until when at most; or the task that does it, for as long as that takes.
  begun_at     timestamptz,
  worker       text,
  held_until   timestamptz,
  task_id      bigint      references task on delete set null,
  attempt      int         not null default 0,                 -- the fence: who was given up for lost writes nothing
  -- Of the last one that has ended.
  last_at      timestamptz,
  last_problem jsonb,
  primary key (queue, subject_id)
);
create index turn_due on turn (queue, server_id, due_at) where begun_at is null;
create index turn_begun on turn (queue, server_id) where begun_at is not null;

-- What came of a turn. The newest of each subject are kept.
create table run (
  id           bigint generated always as identity primary key,
  queue        text        not null,
  subject_id   bigint      not null,
  subject_name text        not null,                           -- as it was called then
  status       text        not null check (status in ('done', 'failed', 'lost')),
  task_id      bigint      references task on delete set null,
  due_at       timestamptz not null,
  begun_at     timestamptz not null,
  ended_at     timestamptz not null,
  lines        text        not null default '',                -- the last that it said
  problem      jsonb
);
create index run_queue on run (queue, id);
create index run_subject on run (queue, subject_id, id);
create index run_task on run (task_id) where task_id is not null;

-- Null: as the settings say for the application. 0 seconds: never.
alter table site
  add column cron_every_s int  check (cron_every_s >= 0),
  add column cron_by      text check (cron_by in ('web', 'command'));
