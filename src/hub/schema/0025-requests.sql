-- How far the log of a web server was read, and how many requests each site had on each day (UTC).
create table web_log (
  service_id bigint      primary key references service,
  positions  jsonb       not null,                             -- see model/requests.ts
  since      timestamptz not null default now(),               -- when it was first read: what was before is not known
  read_at    timestamptz not null default now()
);
create table request_count (
  site_id  bigint not null references site,
  day      date   not null,
  requests bigint not null,
  primary key (site_id, day)
);
create index request_count_day on request_count (day);
