-- A copy of a site is a row like a site, as long as its task has not ended: it has a place, a database and credentials,
-- so the indexes over those hold for it too. It has no names, and no list shows it. In the end the site takes over what
-- the copy has, or not; in either case the copy's row stays as a tombstone, with what the site had before or never got.
alter table site add column copy_of bigint references site;
alter table site add column task_id bigint references task on delete set null;
-- Two tasks that move one site at a time would put it back to where the first took it from.
create unique index site_copy on site (copy_of) where status <> 'deleted';
create index site_task on site (task_id) where task_id is not null;

-- A name that a site is to have when its task is done.
alter table alias add column task_id bigint references task on delete cascade;
alter table alias drop constraint alias_kind_check;
alter table alias add constraint alias_kind_check check (kind in ('canonical', 'alias', 'redirect', 'reserved'));
alter table alias add constraint alias_reserved_check check ((kind = 'reserved') = (task_id is not null));
