-- A web server may publish sites, or only what other servers bring it: members and fronts of clusters.
alter table service add column publish_to text not null default 'sites' check (publish_to in ('sites', 'servers'));
