-- How people sign in. Nothing that lets one in is kept as it is: passwords as argon2id, random values as SHA-256.

alter table account
  add column title     text,                                   -- what its person is called; null: as the account is
  add column language  text,
  add column time_zone text;

-- An account without one signs in otherwise, or not at all.
create table password (
  account_id bigint      primary key references account,
  hash       text        not null,                             -- $argon2id$v=19$m=…,t=…,p=…$salt$hash
  changed_at timestamptz not null default now()
);

create table session (
  id           bigint      generated always as identity primary key,
  account_id   bigint      not null references account,
  hash         bytea       not null unique,                    -- of its cookie, which changes at each step up
  way          text        not null,                           -- 'password', 'invitation', …
  address      text,
  user_agent   text        not null,
  created_at   timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  confirmed_at timestamptz not null default now(),             -- when its person last showed who they are
  revoked_at   timestamptz
);
create index session_account on session (account_id, id);
create index session_seen on session (last_seen_at);
create trigger session_access after update of revoked_at or delete on session for each statement execute function tell_access();

-- What is handed to a person to come in with, once.
create table one_time_link (
  id         bigint      generated always as identity primary key,
  account_id bigint      not null references account,
  kind       text        not null check (kind in ('invitation', 'password')),
  hash       bytea       not null unique,
  made_by    bigint      references account,                   -- null: through the socket
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at    timestamptz
);
create index one_time_link_account on one_time_link (account_id);

-- Guesses at passwords and codes, counted over all hubs before they are looked at.
create table guess (
  key      text        primary key,                            -- 'name:ada', 'address:203.0.113.7', 'confirm:7'
  failures int         not null,
  until    timestamptz not null,                               -- none is looked at before
  last_at  timestamptz not null
);
create index guess_last on guess (last_at);

-- Second factors. Whoever has one shows it after the password; whoever must have one can do nothing before.
alter table account add column second_factor_required boolean not null default false;

create table totp (
  account_id bigint      primary key references account,
  sealed     bytea       not null,
  last_step  bigint      not null,                             -- of the last code that was taken: none is taken twice
  created_at timestamptz not null default now()
);

create table passkey (
  id            bigint      generated always as identity primary key,
  account_id    bigint      not null references account,
  credential_id text        not null unique,                   -- base64url, as browsers say it
  public_key    bytea       not null,
  counter       bigint      not null,                          -- a copy of the key would begin behind it
  transports    text[]      not null,
  title         text        not null,
  created_at    timestamptz not null default now(),
  last_used_at  timestamptz
);
create index passkey_account on passkey (account_id);

-- 80 random bits each.
create table recovery_code (
  account_id bigint not null references account,
  hash       bytea  not null,
  used_at    timestamptz,
  primary key (account_id, hash)
);

-- What was begun and is to be finished by the same browser within minutes: it has the secret.
create table challenge (
  hash       bytea       primary key,
  kind       text        not null check (kind in ('second factor', 'passkey', 'new passkey', 'new totp', 'single sign-on')),
  account_id bigint      references account,                   -- null: nobody is known yet
  sealed     bytea       not null,                             -- what the answer is checked against
  expires_at timestamptz not null
);
create index challenge_expires on challenge (expires_at);

-- What a token is limited to, as the permissions of a role; 'read' is all of those that only look. Null: to nothing.
alter table token add column scopes text[];

-- Who somebody is elsewhere: the issuer's name for a person never changes, unlike their mail address.
create table identity (
  issuer     text        not null,
  subject    text        not null,
  account_id bigint      not null references account,
  created_at timestamptz not null default now(),
  primary key (issuer, subject)
);
create index identity_account on identity (account_id);
