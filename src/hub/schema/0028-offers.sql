-- What is sold: sites like the template of a reserve.
create table offer (
  id          bigint generated always as identity primary key,
  name        text        not null,
  title       text        not null,
  status      text        not null default 'enabled' check (status in ('enabled', 'disabled', 'deleted')),
  reserve_id  bigint      not null references reserve,
  pattern     text        not null,                           -- '{name}.example.com'
  client_id   bigint      references client,                  -- whose the sites are; null: each customer's, who becomes a client
  sites_max   int,                                            -- of each such client, as are the next two
  backups_max int,
  disk_max_mb int,
  daily_max   int         not null,                           -- orders
  variables   jsonb       not null default '{}',              -- what customers may give: see model/offer.ts
  created_at  timestamptz not null default now()
);
create unique index offer_name on offer (name) where status <> 'deleted';
create index offer_reserve on offer (reserve_id) where status <> 'deleted';

-- Whose sites go to new owners with more than a title and a mail address: their account's name, and variables.
alter table spare
  add column owner             jsonb not null default '{}',
  add column hand_over_task_id bigint references task on delete set null;

-- One customer's wish for a site of an offer. How far it has come is what its spare says.
create table site_order (
  id         bigint generated always as identity primary key,
  offer_id   bigint      not null references offer,
  account_id bigint      references account,                  -- whose program has asked for it
  name       text        not null,                            -- that the customer has chosen
  host       text        not null,
  title      text        not null,
  email      text        not null,
  owner      jsonb       not null default '{}',
  spare_id   bigint      references spare on delete cascade,
  created_at timestamptz not null default now()
);
create index site_order_offer on site_order (offer_id, id);
create index site_order_spare on site_order (spare_id) where spare_id is not null;
create index site_order_account on site_order (account_id, id) where account_id is not null;

-- A token for the orders of one offer, and nothing else.
alter table token add column offer_id bigint references offer;

-- How often something was asked for within a time. Lost with a crash: then it begins anew.
create unlogged table allowance (
  key   text        primary key,                              -- 'orders of token 3'
  used  int         not null,
  until timestamptz not null
);

alter table happening
  drop constraint happening_check,
  add column order_id bigint references site_order on delete cascade,
  add constraint happening_check check (num_nonnulls(task_id, batch_id, account_id, subject_id, order_id) = 1);
create index happening_order on happening (order_id) where order_id is not null;
