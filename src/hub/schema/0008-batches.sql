-- One wish over many subjects: every site of one platform to another, first a few, then so many at once. Its tasks are
-- ordinary tasks; a member's status outlives them, as tasks are forgotten after a while.
create table batch (
  id                  bigint generated always as identity primary key,
  name                text        not null,                    -- of its tasks: 'site migrate'
  noun                text        not null,
  title               text        not null,                    -- for people: 'd9 to d10'
  args                jsonb       not null default '{}',
  canary              int         not null check (canary >= 0),
  parallel            int         not null check (parallel > 0),
  failures_max        int         not null check (failures_max > 0),
  status              text        not null default 'running' check (status in ('running', 'done', 'stopped', 'cancelled')),
  why                 text,                                    -- it stopped
  account_id          bigint references account,
  cancel_requested_at timestamptz,
  created_at          timestamptz not null default now(),
  ended_at            timestamptz
);
create index batch_running on batch (id) where status = 'running';

create table batch_member (
  batch_id     bigint not null references batch on delete cascade,
  position     int    not null,                                -- the order in which they are begun
  subject_id   bigint not null,
  subject_name text   not null,
  status       text   not null default 'waiting'
               check (status in ('waiting', 'running', 'done', 'failed', 'refused', 'cancelled', 'stuck', 'skipped')),
  task_id      bigint references task on delete set null,
  problem      jsonb,
  begun_at     timestamptz,
  ended_at     timestamptz,
  primary key (batch_id, position),
  unique (batch_id, subject_id)
);
create index batch_member_task on batch_member (task_id) where task_id is not null;

-- What happened to it, one line after the other: the batch's own log.
create table batch_event (
  batch_id bigint      not null references batch on delete cascade,
  seq      int         not null,
  at       timestamptz not null default clock_timestamp(),
  data     jsonb       not null,
  primary key (batch_id, seq)
);
