-- Where a platform's code comes from (model/platform-source.ts), checked by the hub before it is stored; the directory
-- that is built, in which the document root (root) lies; and when Aegir has built it: null for code that is not ours to remove.
alter table platform
  add column source   jsonb not null default '{"type": "path"}',
  add column tree     text check (tree ~ '^/[A-Za-z0-9._/-]+$'),
  add column built_at timestamptz,
  add check ((source ->> 'type' = 'path') = (tree is null));
create unique index platform_tree on platform (server_id, tree) where status <> 'deleted';
