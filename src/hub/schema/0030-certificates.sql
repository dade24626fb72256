-- What https needs for names: brought by somebody ('own'), or obtained from a certification authority ('acme').
create table certificate (
  id             bigint generated always as identity primary key,
  name           text        not null check (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  status         text        not null default 'queued' check (status in ('queued', 'enabled', 'failed', 'deleted')),
  client_id      bigint      not null references client,
  kind           text        not null check (kind in ('own', 'acme')),
  -- What it is to be for; null: all names of the sites that use it.
  names          text[],
  challenge      text        check (challenge in ('http', 'dns')),
  -- Where its names are proven by records.
  dns_service_id bigint      references service,
  -- As PEM: itself, then those between it and the authority's root. Its key is sealed.
  chain          text,
  key            bytea,
  covered        text[]      not null default '{}',
  issuer         text,
  not_before     timestamptz,
  not_after      timestamptz,
  -- Names that could not be proven the last time, with why.
  left_out       jsonb       not null default '[]',
  -- While it is being obtained: what is asked of us, and the key that it will have.
  acme_order     jsonb,
  coming_key     bytea,
  created_at     timestamptz not null default now(),
  check ((challenge is null) = (kind = 'own')),
  check ((challenge is not distinct from 'dns') = (dns_service_id is not null)),
  check ((chain is null) = (key is null) and (chain is null) = (not_after is null)),
  check (status <> 'enabled' or chain is not null)
);
create unique index certificate_name on certificate (name) where status <> 'deleted';
create index certificate_client on certificate (client_id);
create index certificate_renewal on certificate (not_after) where kind = 'acme' and status <> 'deleted';

-- Who we are for an authority, by the address of its directory.
create table acme_account (
  directory text  primary key,
  key       bytea not null
);

alter table site add certificate_id bigint references certificate;
create index site_certificate on site (certificate_id) where certificate_id is not null;
-- Something that it is made of has changed: it is to be verified.
alter table site add verify_wanted boolean not null default false;
create index site_verify_wanted on site (id) where verify_wanted;

update role set permissions = permissions || '{certificate read, certificate change, certificate task}'
where built_in and name in ('account-manager', 'client');
update role set permissions = permissions || '{certificate read, certificate task}' where built_in and name = 'platform-manager';
update role set permissions = permissions || '{certificate read}' where built_in and name = 'viewer';
