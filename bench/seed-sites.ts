import { withClient } from './cluster.ts';

/** Sites of 20 platforms and 50 clients of one server, each with an alias and five packages; every tenth disabled. */
export async function seedSites(databaseUrl: string, count: number): Promise<void> {
  await withClient(databaseUrl, async (client) => {
    await client.query(
      "insert into server (name, title, host, status) values ('master', 'master', 'localhost', 'enabled')",
    );
    await client.query(`
      insert into service (server_id, type, engine)
      select server.id, type, engine from server, (values ('http', 'nginx'), ('db', 'mysql')) as one (type, engine)`);
    await client.query(`
      insert into platform (name, title, root, server_id, http_service_id, status, application, version)
      select 'platform' || n, 'Platform ' || n, '/var/aegir/platforms/platform' || n, server.id, service.id, 'enabled',
             'drupal', '10.1.2'
      from generate_series(1, 20) as n, server join service on service.server_id = server.id and service.type = 'http'`);
    await client.query(`
      insert into client (name, title) select 'client' || n, 'Client ' || n from generate_series(1, 50) as n`);
    await client.query(
      `insert into site (name, status, client_id, platform_id, db_service_id, directory, title, profile, email, db_name,
                         db_user, db_password, hash_salt, cron_key, run_user, fpm_socket, verified_at)
       select 'site' || n || '.example.com', case when n % 10 = 0 then 'disabled' else 'enabled' end, client.id, platform.id,
              service.id, 'site' || n || '.example.com', 'The site number ' || n, 'standard', 'webmaster@example.com',
              'site_' || n, 'site_' || n, '\\x00', '\\x00', '\\x00', 'www-data', '/run/php/php-fpm.sock', now()
       from generate_series(1, $1::int) as n
       join platform on platform.name = 'platform' || n % 20 + 1
       join client on client.name = 'client' || n % 50 + 1
       join service on service.type = 'db'`,
      [count],
    );
    await client.query(`
      insert into alias (name, site_id, kind)
      select name, id, 'canonical' from site union all select 'www.' || name, id, 'alias' from site`);
    await client.query(`
      insert into package (application, type, name, title)
      select 'drupal', 'module', 'module' || n, 'Module ' || n from generate_series(1, 5) as n`);
    await client.query(`
      insert into package_on_site (site_id, package_id, enabled) select site.id, package.id, true from site, package`);
    // As autovacuum would within a minute.
    await client.query('analyze');
  });
}
