-- What sites had at one moment, as history. The client is whose the site was then.
create table statistic (
  site_id          bigint      not null references site,
  at               timestamptz not null,
  client_id        bigint      not null references client,
  users_registered int         not null,
  users_active     int         not null,
  posts            int         not null,
  comments         int         not null,
  disk_bytes       bigint      not null,
  database_bytes   bigint      not null,
  primary key (site_id, at)
);
create index statistic_at on statistic (at, site_id);
