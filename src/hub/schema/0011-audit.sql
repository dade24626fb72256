-- Who did what, from where, to what, when, with which result. Rows are added and never changed; they go by age alone.
create table audit (
  id         bigint generated always as identity primary key,
  at         timestamptz not null default clock_timestamp(),
  -- Whose rights were used. Null: through the socket of the machine, or nobody that is known.
  account_id bigint      references account,
  account    text        not null,                    -- as it was called then, or was given by who failed to sign in
  -- Who really was there, where somebody was signed in as another.
  by_id      bigint      references account,
  by         text,
  -- An address, or '' of the socket; what showed who it is: 'socket', 'token 3', 'session 7', 'password'.
  address    text        not null,
  means      text        not null,
  what       text        not null,                    -- 'site create': an endpoint
  -- What it was about, as it was called then.
  noun       text,
  subject_id bigint,
  subject    text,
  -- Whose that was.
  client_id  bigint      references client,
  result     text        not null check (result in ('done', 'refused', 'failed')),
  code       text,                                    -- of the problem
  -- Names of the fields that were given, the task that was asked for, what else was named. Never what was in a field.
  details    jsonb       not null default '{}'
);
create index audit_account on audit (account_id, id);
create index audit_client on audit (client_id, id) where client_id is not null;
create index audit_subject on audit (noun, subject_id, id);
create index audit_at on audit (at);

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_setting('aegir.forgets_audit', true) = 'yes' and old.at < now() - interval '30 days' then
    return old;
  end if;
  raise exception 'the audit is only added to' using errcode = 'insufficient_privilege';
end $$;
create trigger audit_append_only before update or delete on audit for each row execute function refuse_audit_change();
create trigger audit_no_truncate before truncate on audit for each statement execute function refuse_audit_change();

-- The only way by which rows go: all that are older than so many days, which are at least 30. Answers how many.
create function forget_audit(days int) returns bigint language plpgsql as $$
declare
  count bigint;
begin
  if days < 30 then
    raise exception 'the audit is kept for 30 days at least';
  end if;
  perform set_config('aegir.forgets_audit', 'yes', true);
  delete from audit where id in (select id from audit where at < now() - make_interval(days => days) order by at limit 10000);
  get diagnostics count = row_count;
  perform set_config('aegir.forgets_audit', '', true);
  return count;
end $$;
