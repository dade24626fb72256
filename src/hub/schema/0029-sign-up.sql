-- Offers that anybody can order on a page of the hub.
alter table offer
  add column sign_up boolean not null default false,
  add column origins text[]  not null default '{}';           -- web sites that may show the page in a frame

-- What somebody wants who has yet to show that the mail address is theirs: until then nothing is made.
create table sign_up (
  id           bigint generated always as identity primary key,
  offer_id     bigint      not null references offer,
  nonce        bytea       not null,                          -- the link's secret is made of it with the hub's key
  wanted       jsonb       not null,                          -- the order as it will be placed
  email        text        not null,
  language     text        not null,
  status       text        not null default 'waiting' check (status in ('waiting', 'sent', 'failed', 'confirmed')),
  -- Of the mail with the link.
  attempts     int         not null default 0,
  next_at      timestamptz not null default now(),
  leased_until timestamptz,
  problem      jsonb,
  order_id     bigint      references site_order on delete set null,
  expires_at   timestamptz not null,
  created_at   timestamptz not null default now(),
  check (order_id is null or status = 'confirmed')
);
create index sign_up_waiting on sign_up (next_at) where status = 'waiting';
create index sign_up_offer on sign_up (offer_id, id);
create index sign_up_order on sign_up (order_id) where order_id is not null;
