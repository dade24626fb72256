-- What of a site or platform differs from what the hub wrote, as it was when somebody last looked. One row for each that was.
create table drift (
  noun        text        not null check (noun in ('site', 'platform')),
  subject_id  bigint      not null,
  looked_at   timestamptz not null,
  since       timestamptz,                                     -- when it was first seen that something differs; null: nothing does
  differences jsonb       not null,                            -- see model/drift.ts; without secrets
  primary key (noun, subject_id),
  check ((since is null) = (differences = '[]'))
);
create index drift_since on drift (noun, since) where since is not null;

-- A happening may be about a site or platform itself, and no task.
alter table happening
  add column subject_type text,
  add column subject_id   bigint,
  add column subject_name text,                                -- as it was called then
  drop constraint happening_check,
  add constraint happening_check check (num_nonnulls(task_id, batch_id, account_id, subject_id) = 1);
