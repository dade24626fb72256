-- For how long browsers are told to come by https only (Strict-Transport-Security); null: they are told nothing, 0: that it is over.
alter table site add column hsts_s int check (hsts_s between 0 and 63072000);
