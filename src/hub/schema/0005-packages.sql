-- A package lies on a platform, or in the directory of one site; then it goes where that site goes.
alter table instance drop constraint instance_pkey;
alter table instance
  alter column platform_id drop not null,
  add column site_id bigint references site,
  -- Of several copies with one name the one that stands highest is used; that of a profile only by its sites.
  add column precedence  int not null default 0,
  add column of_profile  text,
  add column php         text,
  add column last_removed_update bigint,
  add constraint instance_of_one check ((platform_id is null) <> (site_id is null));
create unique index instance_on_platform on instance (platform_id, path, release_id) where platform_id is not null;
create unique index instance_on_site on instance (site_id, path, release_id) where site_id is not null;
create index instance_release_platform on instance (release_id, platform_id);
create index instance_release_site on instance (release_id, site_id) where site_id is not null;

-- What lies in its own directory, as platform.scan has it of a platform; null: not looked yet.
alter table site add column scan jsonb;
alter table package_on_site add column is_default boolean not null default false;
-- As the server of a db service says: '10.11.6-MariaDB'; null: not asked yet.
alter table service add column version text;
