-- Servers that are reached by ssh.

-- With which the hub and its workers log in everywhere. One row, for ever; the private half is sealed.
create table hub_key (
  name       text        primary key check (name = 'ssh'),
  public     text        not null,
  sealed     bytea       not null,
  created_at timestamptz not null default now()
);

-- Those that its sshd showed at its first verify ('ssh-ed25519 AAAA…'). With any other it is not the server that it was.
alter table server add column host_keys text[] not null default '{}';
alter table server add column host_keys_at timestamptz;
