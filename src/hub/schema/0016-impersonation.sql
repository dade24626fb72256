-- Signed in as another, for support: a session of that account, begun from the helper's own session, and over with it.
alter table session
  add column by_id      bigint references account,              -- who is really there
  add column by_session bigint references session on delete cascade,
  add check ((by_id is null) = (by_session is null)),
  add check (by_id <> account_id);
create index session_by on session (by_session) where by_session is not null;
