-- A search looks for a text anywhere in names: without this every task is read for it, to be counted. Where the extension is not to
-- be had (a PostgreSQL of somebody else's, without contrib), searches are only slower.
do $$
begin
  create extension if not exists pg_trgm;
  create index task_search on task using gin (subject_name gin_trgm_ops, name gin_trgm_ops);
exception when undefined_file or feature_not_supported or insufficient_privilege then
  raise notice 'pg_trgm is not to be had: %', sqlerrm;
end $$;
