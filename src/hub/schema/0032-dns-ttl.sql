-- For how long others may remember a site's records, before and after a move; null: as its dns service says.
alter table site add column dns_ttl_s int check (dns_ttl_s between 60 and 604800);
