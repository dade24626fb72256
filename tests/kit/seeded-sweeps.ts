/** What a farm has done by itself: turns of all sites, runs, statistics of weeks, what differs, and a reserve with spares in every state. */
export const sweeps: readonly string[] = [
  `insert into queue (name, every_s, open_hours, at_once, paused, looked_at)
   values ('cron', null, null, 8, false, now()), ('backup', 86400, '22:00-04:00 Europe/Berlin', null, false, now()),
          ('backup test', 2592000, null, null, false, now()), ('statistics', null, null, null, false, now()),
          ('site drift', null, null, null, false, now()), ('platform drift', null, null, null, false, now())
   on conflict (name) do nothing`,
  `insert into turn (queue, subject_id, server_id, every_s, due_at, failures, begun_at, worker, held_until, last_at, last_problem)
   select queue.name, site.id, platform.server_id, queue.every_s,
          now() + ((site.id * 7919) % queue.every_s - case when site.id % 97 = 0 then queue.every_s else 0 end) * interval '1 second',
          case when site.id % 113 = 0 then 3 else 0 end,
          case when site.id % 401 = 0 then now() end, case when site.id % 401 = 0 then 'w1' end,
          case when site.id % 401 = 0 then now() + interval '1 day' end, now() - interval '40 minutes',
          case when site.id % 113 = 0 then '{"code": "timeout", "message": "its cron did not end within 300 s", "causes": []}'::jsonb end
   from (values ('cron', 3600), ('backup', 86400), ('statistics', 86400), ('site drift', 86400)) as queue (name, every_s)
     cross join site join platform on platform.id = site.platform_id where site.status = 'enabled'`,
  `insert into run (queue, subject_id, subject_name, status, due_at, begun_at, ended_at, lines, problem)
   select queue.name, site.id, site.name, case when site.id % 113 = 0 then 'failed' else 'done' end,
          now() - n * interval '7 minutes', now() - n * interval '7 minutes', now() - n * interval '7 minutes' + interval '2 seconds',
          case queue.name when 'cron' then 'Cron ran successfully.' else '' end,
          case when site.id % 113 = 0 then '{"code": "timeout", "message": "its cron did not end within 300 s", "causes": []}'::jsonb end
   from (values ('cron'), ('backup'), ('statistics'), ('site drift')) as queue (name)
     cross join (select *, row_number() over (order by id) as n from site where status = 'enabled' order by id limit 150) as site`,
  `insert into statistic (site_id, at, client_id, users_registered, users_active, posts, comments, disk_bytes, database_bytes)
   select site.id, now() - day * interval '1 day', site.client_id, 40 + (90 - day) / 3 + site.id % 9, 5 + (site.id + day) % 6,
          300 + 2 * (90 - day) + site.id % 50, (90 - day) * 3, (180 + (90 - day) * 2 + site.id % 40)::bigint * 1048576,
          (30 + (90 - day) / 2)::bigint * 1048576
   from (select * from site where status = 'enabled' order by name = 'news7.example.com' desc, id limit 40) as site
     cross join generate_series(0, 90) as day`,
  `insert into web_log (service_id, positions, since) select id, '[]', now() - interval '60 days' from service where type = 'http'`,
  `insert into request_count (site_id, day, requests)
   select distinct site_id, (at at time zone 'UTC')::date, 400 + (site_id * 37 + extract(day from at)::int * 53) % 700 from statistic
   where at > now() - interval '60 days'`,
  `insert into drift (noun, subject_id, looked_at, since, differences)
   select 'site', id, now() - interval '2 hours', case when id % 3 = 0 or name = 'news7.example.com' then now() - interval '3 days' end,
     case when id % 3 = 0 or name = 'news7.example.com' then jsonb_build_array(
       jsonb_build_object('what', '/var/aegir/platforms/p1/web/sites/' || name || '/settings.php', 'kind', 'differs', 'diff',
         E'--- settings.php (as it is)\\n+++ settings.php (as it should be)\\n-mode 0640 www-data\\n+mode 0440 www-data\\n@@ -12,7 +12,6 @@\\n $settings[''file_chmod_directory''] = 02775;\\n-$settings[''update_free_access''] = TRUE;\\n+$settings[''update_free_access''] = FALSE;\\n-error_reporting(E_ALL);\\n $settings[''hash_salt''] = ''••••'';'),
       jsonb_build_object('what', '/var/aegir/platforms/p1/web/sites/' || name || '/files', 'kind', 'rights', 'diff',
         E'--- files (as it is)\\n+++ files (as it should be)\\n-mode 0777 www-data\\n+mode 02770 www-data'),
       jsonb_build_object('what', 'set the password of the database user ' || db_user || '@localhost', 'kind', 'other', 'diff', null))
     else '[]' end
   from site where status = 'enabled' order by name = 'news7.example.com' desc, id limit 30`,
  `insert into drift (noun, subject_id, looked_at, since, differences)
   select 'platform', id, now() - interval '1 hour', case when name = 'd9-04' then now() - interval '1 day' end,
     case when name = 'd9-04' then
       '[{"what": "the code of token in /var/aegir/platforms/p4/web/modules/contrib/token was 8.x-1.11 and is 8.x-1.13 now", "kind": "other", "diff": null}]'::jsonb
     else '[]' end
   from platform where status = 'enabled'`,
  `with made as (
     insert into reserve (name, template_id, client_id, pattern, counter, full_size, emergency, life_s, open_hours, created_at)
     select 'shops', id, client_id, 'spare-*.example.net', 20, 6, 2, 0, '01:00-05:00 Europe/Berlin', now() - interval '20 days'
     from site where status = 'enabled' order by id limit 1 returning id, template_id)
   insert into spare (reserve_id, template_id, site_id, name, state, created_at, state_at, claimed_at, wanted, handed_over_at, ended_at)
   select made.id, made.template_id, site.id, 'spare-' || n || '.example.net', state, now() - n * interval '5 hours', now() - n * interval '4 hours',
          case when state in ('claimed', 'renaming', 'done') then now() - n * interval '4 hours' end,
          case when state in ('claimed', 'renaming', 'done') then 'shop' || n || '.example.com' end,
          case when state in ('renaming', 'done') then now() - n * interval '4 hours' end,
          case when state in ('done', 'expired') then now() - n * interval '3 hours' end
   from made cross join (select id, row_number() over (order by id desc) as n from site where status = 'enabled' order by id desc limit 12) as site
     join unnest(array['ready', 'ready', 'ready', 'building', 'claimed', 'renaming', 'done', 'done', 'done', 'done', 'expired', 'failed'])
       with ordinality as state (state, n) using (n)`,
];
