-- Null: as the queue, and as the setting backup.retention says. 0 seconds: never.
alter table site
  add column backup_every_s   int   check (backup_every_s >= 0),
  add column backup_retention jsonb;
