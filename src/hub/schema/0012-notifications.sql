-- What has happened that may concern people, written in the transaction in which it did. Whom it concerns is found later.
create table happening (
  id         bigint      generated always as identity primary key,
  kind       text        not null,                             -- 'task failed', …: see notification/kinds.ts
  task_id    bigint      references task on delete cascade,
  batch_id   bigint      references batch on delete cascade,
  account_id bigint      references account,                   -- of a test: whom alone it is for
  problem    jsonb,                                            -- as it was then: a task may go on
  at         timestamptz not null default now(),
  spread_at  timestamptz,                                      -- when it was found whom it concerns
  check (num_nonnulls(task_id, batch_id, account_id) = 1)
);
create index happening_waiting on happening (id) where spread_at is null;
create index happening_task on happening (task_id) where task_id is not null;
create index happening_batch on happening (batch_id) where batch_id is not null;
create index happening_at on happening (at);

-- Where an account wants to be told by requests to a program of its own.
create table webhook (
  id         bigint      generated always as identity primary key,
  account_id bigint      not null references account,
  title      text        not null,
  url        text        not null,
  secret     bytea       not null,                             -- sealed: what its requests are signed with
  status     text        not null default 'enabled' check (status in ('enabled', 'disabled')),
  note       text,                                             -- why it was disabled
  failures   int         not null default 0,                   -- in a row
  next_at    timestamptz not null default now(),               -- not asked before
  created_at timestamptz not null default now()
);
create index webhook_account on webhook (account_id, id);

-- One happening for one account by one way.
create table notification (
  id           bigint      generated always as identity primary key,
  happening_id bigint      not null references happening on delete cascade,
  account_id   bigint      not null references account,
  webhook_id   bigint      references webhook on delete cascade, -- null: by mail
  status       text        not null default 'waiting' check (status in ('waiting', 'sent', 'failed')),
  attempts     int         not null default 0,
  next_at      timestamptz not null default now(),
  leased_until timestamptz,                                    -- somebody is at it
  mail_id      bigint,                                         -- the first notification of the mail that told it
  problem      jsonb,                                          -- why the last attempt failed
  created_at   timestamptz not null default now(),
  ended_at     timestamptz,
  unique nulls not distinct (happening_id, account_id, webhook_id)
);
create index notification_waiting on notification (account_id, id) where status = 'waiting';
create index notification_waiting_webhook on notification (webhook_id, id) where status = 'waiting' and webhook_id is not null;
create index notification_account on notification (account_id, id);
create index notification_mailed on notification (account_id, ended_at) where mail_id is not null;
create index notification_webhook on notification (webhook_id) where webhook_id is not null;

-- What an account has chosen; of the rest it is told by default.
create table notification_choice (
  account_id bigint not null references account,
  kind       text   not null,
  way        text   not null check (way in ('mail', 'webhook')),
  choice     text   not null check (choice in ('always', 'never')),
  primary key (account_id, kind, way)
);
create index notification_choice_kind on notification_choice (kind) where choice = 'always';
