import { mariadbGrants } from '../model/server-layout.ts';
import { user } from './places.ts';
import { must } from './program.ts';
import type { Did } from './screen.ts';
import { ensureRunning } from './system-service.ts';
import type { DatabaseEngine } from './up-options.ts';

/** The database server for the sites runs, and user aegir may make databases and users in it. No password: the socket tells who it is. */
export async function setUpDatabaseServer(engine: DatabaseEngine): Promise<Did> {
  if (engine === 'sqlite') return null;
  const service = engine === 'mysql' ? 'mariadb' : 'postgresql';
  const did = (await ensureRunning(service)) ? [`started ${service}`] : [];
  const made = await (engine === 'mysql' ? mayInMariadb() : mayInPostgresql());
  if (made) did.push(`let ${user} make databases in it`);
  return did.join(', ') || null;
}

async function mayInMariadb(): Promise<boolean> {
  const hint = 'Root must be able to log in without a password: mariadb --user=root';
  const sql = (text: string): Promise<string> =>
    must(['mariadb', '--user=root', '--batch', '--skip-column-names'], hint, { stdin: text });
  const grants = await sql(`select concat(user, '@', host) from mysql.user
    where user = '${user}' and host = 'localhost' and plugin = 'unix_socket' and super_priv = 'Y' and grant_priv = 'Y';`);
  if (grants.trim() !== '') return false;
  await sql(mariadbGrants);
  return true;
}

async function mayInPostgresql(): Promise<boolean> {
  const hint = 'The user postgres must be able to log in: runuser -u postgres -- psql';
  const psql = ['runuser', '-u', 'postgres', '--', 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1'] as const;
  const sql = (text: string): Promise<string> => must(psql, hint, { stdin: text });
  const found = await sql(
    `select 1 from pg_roles where rolname = '${user}' and rolcreatedb and rolcreaterole and rolcanlogin;`,
  );
  if (found.trim() !== '') return false;
  await sql(`select format('create role %I', '${user}') where not exists (select 1 from pg_roles where rolname = '${user}') \\gexec
    alter role ${user} login createdb createrole;`);
  return true;
}
