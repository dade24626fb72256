-- What the panel's lists and figures are asked for, with 10,000 sites and 100,000 tasks.
create index task_name on task (name, id);
create index task_subject_name on task (subject_name, id);
create index task_status on task (status, id);
create index task_created on task (created_at, id);
create index site_created on site (created_at, id) where status <> 'deleted' and copy_of is null;
create index backup_created on backup (created_at, id) where status <> 'deleted';
