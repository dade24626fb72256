-- Lists as somebody wants to see them again: how they are narrowed and sorted, and which columns they have.
create table view (
  id         bigint generated always as identity primary key,
  -- Null: of who comes through the socket of the machine.
  account_id bigint      references account,
  list       text        not null,                    -- the endpoint that answers it: 'site list'
  name       text        not null,
  -- What stands in the panel's address behind the '?'.
  search     jsonb       not null,
  created_at timestamptz not null default now(),
  unique nulls not distinct (account_id, list, name)
);
