-- How many tasks a server has at once, over all workers; null: as many as workers take.
alter table server add column tasks_max int check (tasks_max between 1 and 1000);

-- Servers that a task is at work on: where it is, and where its database is.
alter table task add column servers bigint[] not null default '{}';

create function task_servers() returns trigger language plpgsql as $$
begin
  new.servers := case new.subject_type
    when 'server' then array[new.subject_id]
    when 'platform' then (select array[server_id] from platform where id = new.subject_id)
    when 'backup' then (select array[server_id] from backup where id = new.subject_id)
    when 'site' then (
      select array(select distinct unnest(array[platform.server_id, service.server_id]))
      from site join platform on platform.id = site.platform_id join service on service.id = site.db_service_id
      where site.id = new.subject_id)
    end;
  new.servers := coalesce(new.servers, '{}');
  return new;
end $$;
create trigger task_servers before insert on task for each row execute function task_servers();
