import { sql } from 'kysely';
import type { HubDatabase } from '../../src/hub/database.ts';

/** So many sites, as rows only: enabled, of one platform on each of so many servers, whose turn it is one after the other. */
export async function manySites({ db }: HubDatabase, count: number, servers = 1): Promise<void> {
  await sql`
    insert into server (name, title, host, status)
    select 'server' || n, 'server' || n, 'localhost', 'enabled' from generate_series(1, ${servers}::int) as n`.execute(
    db,
  );
  await sql`
    insert into service (server_id, type, engine)
    select server.id, type, engine from server, (values ('http', 'nginx'), ('db', 'mysql')) as one (type, engine)`.execute(
    db,
  );
  await sql`
    insert into platform (name, title, root, server_id, http_service_id, status, application, version)
    select 'of-' || server.name, server.name, '/var/aegir/platforms/' || server.name, server.id, service.id, 'enabled',
           'drupal', '10.1.2'
    from server join service on service.server_id = server.id and service.type = 'http'`.execute(db);
  await sql`insert into client (name, title) values ('main', 'Main') on conflict do nothing`.execute(db);
  await sql`
    insert into site (name, status, client_id, platform_id, db_service_id, directory, title, profile, email, db_name,
                      db_user, db_password, hash_salt, cron_key, run_user, fpm_socket, verified_at)
    select 'site' || n || '.example.com', 'enabled', client.id, platform.id, service.id, 'site' || n || '.example.com',
           'Site ' || n, 'standard', 'webmaster@example.com', 'site_' || n, 'site_' || n, '\\x00', '\\x00', '\\x00',
           'www-data', '/run/php/php-fpm.sock', now()
    from generate_series(1, ${count}::int) as n
    join platform on platform.name = 'of-server' || (n - 1) % ${servers}::int + 1
    join service on service.server_id = platform.server_id and service.type = 'db'
    join client on client.name = 'main' order by n`.execute(db);
  await sql`analyze`.execute(db); // as autovacuum would within a minute
}
