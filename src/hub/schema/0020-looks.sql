-- What the hub asks a worker to read on a server while somebody waits for it: rows live for seconds. Unlogged, as what was
-- asked before a crash nobody waits for any more.
create unlogged table look (
  id         bigint      generated always as identity primary key,
  name       text        not null,                             -- of a look type: 'server load'
  subject_id bigint      not null,
  args       jsonb       not null,
  asked_at   timestamptz not null default now(),
  taken_at   timestamptz,
  answer     jsonb,
  problem    jsonb
);
