-- What was answered to a request with an Idempotency-Key, so that the same request asked again is done once.
create table idempotency (
  caller     text        not null,                    -- 'local' or 'account:7': keys of one are nothing to another
  key        text        not null,
  request    bytea       not null,                    -- SHA-256 of what was asked
  status     int,
  answer     jsonb,                                   -- null for an answer that is shown once
  created_at timestamptz not null default now(),
  primary key (caller, key)
);
create index idempotency_created on idempotency (created_at);

-- Lists go by name.
create index site_name on site (name, id);
