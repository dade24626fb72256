import type { PrivateMariadb, PrivatePostgres } from './databases.ts';

/** What there is on a private database server, a line for each thing. */
export async function databases({ sql }: PrivateMariadb): Promise<readonly string[]> {
  const rows = await sql(`select 'database', schema_name from information_schema.schemata order by 2;
    select 'table', table_schema, table_name from information_schema.tables where table_schema not in (${system}) order by 2, 3;
    select 'user', user, host, plugin, authentication_string from mysql.user order by 2, 3;
    select 'right', user, host, db, select_priv, drop_priv, create_priv from mysql.db order by 2, 3, 4;
    select 'locked', user, host from mysql.global_priv where json_value(priv, '$.account_locked') order by 2, 3`);
  return rows.map((row) => row.join(' '));
}

/** The same of PostgreSQL. */
export async function postgresDatabases({ sql }: PrivatePostgres): Promise<readonly string[]> {
  const rows = await sql(`select 'database', datname, pg_get_userbyid(datdba), datacl from pg_database order by 2;
    select 'role', rolname, rolcanlogin from pg_roles order by 2`);
  return rows.map((row) => row.join(' '));
}

/** Names of the databases that are not the server's own. */
export async function ownDatabases(sql: PrivateMariadb['sql']): Promise<readonly string[]> {
  const rows = await sql(
    `select schema_name from information_schema.schemata where schema_name not in (${system}) order by 1`,
  );
  return rows.map(([name = '']) => name);
}

/** All that sites have there. */
export async function dropOwn({ sql }: PrivateMariadb): Promise<void> {
  for (const name of await ownDatabases(sql)) await sql(`drop database \`${name}\``);
  const users = await sql("select user, host from mysql.user where user like '%example%' or user like 'aegir%'");
  for (const [user, host] of users) await sql(`drop user '${user}'@'${host}'`);
}

/** Of MariaDB itself. */
const system = "'mysql', 'sys', 'information_schema', 'performance_schema'";
