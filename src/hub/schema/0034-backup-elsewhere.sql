-- The copy of a backup on another server (model/backup.ts, KeptElsewhere). Null: it lies in one place only.
alter table backup add column elsewhere jsonb;
