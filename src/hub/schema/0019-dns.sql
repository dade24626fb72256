-- Where the names of a site have their DNS records, and what is there of them.

-- Null: nobody of ours makes them.
alter table site add column dns_service_id bigint references service;
create index site_dns_service on site (dns_service_id) where dns_service_id is not null;

create table dns_record (
  site_id    bigint not null references site,
  service_id bigint not null references service,
  name       text   not null,
  -- Where it leads since the last task that changed it has ended; null: a task that is at it may have made it.
  pointing   jsonb,
  primary key (site_id, service_id, name)
);
create index dns_record_service on dns_record (service_id);

-- By this a hub knows its own records in zones that it shares with others. One row, for ever.
create table dns_mark (mark text not null);
insert into dns_mark select left(replace(gen_random_uuid()::text, '-', ''), 12);
