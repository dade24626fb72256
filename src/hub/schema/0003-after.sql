-- A task may wait for another to end, whatever its end: sites are verified after the server whose service was changed.
alter table task add column after_id bigint references task on delete set null;
create index task_after on task (after_id) where after_id is not null;
