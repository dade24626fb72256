/** An offer of a reserve of the seeded farm, with sites that were sold: SQL for seedFarm. */
export const seededOrders = `
  with kept as (
    insert into reserve (name, template_id, client_id, pattern, full_size, emergency, life_s, open_hours)
    select 'sold', site.id, site.client_id, 'spare-*.example.net', 10, 2, 82800, '01:00-05:00 Europe/Berlin'
    from site where site.status = 'enabled' order by id limit 1 returning id, template_id),
  sold as (
    insert into offer (name, title, reserve_id, pattern, sites_max, daily_max, variables, sign_up, origins)
    select 'shops', 'Shops for everybody', id, '{name}.shops.example.com', 1, 100,
      '{"slogan": {"variable": "system.site:slogan", "type": "text", "title": "Slogan", "required": false, "longest": 255}}', true, '{https://www.example.com}'
    from kept returning id),
  taken as (
    select site.id, site.name, row_number() over (order by site.id) as nth from site
    where site.status = 'enabled' and not exists (select from spare where spare.site_id = site.id)
    order by id offset 1 limit 40),
  spares as (
    insert into spare (reserve_id, template_id, site_id, name, state, state_at, created_at, claimed_at, wanted, handed_over_at)
    select kept.id, kept.template_id, taken.id, 'spare-' || nth || '.example.net',
      case when nth = 3 then 'failed' when nth < 3 then 'claimed' else 'done' end, now() - nth * interval '2 hours',
      now() - nth * interval '1 day', now() - nth * interval '3 hours', taken.name,
      case when nth > 3 then now() - nth * interval '3 hours' + interval '800 ms' end
    from taken, kept returning id, wanted, claimed_at)
  insert into site_order (offer_id, name, host, title, email, spare_id, created_at)
  select sold.id, split_part(wanted, '.', 1), wanted, 'The site of customer ' || spares.id, 'customer' || spares.id || '@example.com',
    spares.id, claimed_at
  from spares, sold order by claimed_at`;
