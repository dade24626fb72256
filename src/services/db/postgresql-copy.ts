import type { Machine } from '../../machine/machine.ts';
import type { Copied, Programs, SiteDatabase } from './db.ts';
import { wholeDatabaseMs } from './patience.ts';
import { identifier, literal, type PostgresqlClient } from './postgresql-client.ts';
import { dumpCommand, tablesNamed } from './postgresql-dump.ts';
import { createDatabase, foundIn, lookStatements, mustBeOurs, noDatabase } from './postgresql-look.ts';

interface Server {
  readonly client: PostgresqlClient;
  readonly machine: Machine;
  /** As the site that is loaded. */
  loading<T>(into: SiteDatabase, action: (load: Programs) => Promise<T>): Promise<T>;
}

/**
 * A database that is closed is the template of its copy: the server copies whole files. That needs a source without sessions, so
 * one that is open is dumped and loaded.
 */
export async function copyPostgresql(
  { client, machine, loading }: Server,
  from: SiteDatabase,
  to: SiteDatabase,
  emptied: readonly string[],
): Promise<Copied> {
  const [source, target] = [
    foundIn(await client.run(lookStatements(from), 'reads')),
    foundIn(await client.run(lookStatements(to), 'reads')),
  ];
  if (source.owner === null) throw noDatabase(machine.name, from.name);
  mustBeOurs(to, target);
  const why = await whyNoTemplate(client, from);
  await client.run(
    [
      ...(source.role?.isOurMember === false ? [`grant ${identifier(from.user)} to current_user`] : []),
      `drop database if exists ${identifier(to.name)} with (force)`,
      ...createDatabase(to, why === null ? from.name : null),
      ...(await settingsOf(client, from.name)).map((setting) => `alter database ${identifier(to.name)} set ${setting}`),
    ],
    'changes',
    'postgres',
    wholeDatabaseMs,
  );
  if (why !== null) {
    const dump = await dumpCommand(client, from.name, emptied);
    await loading(to, (load) => machine.pipe({ commands: [dump, ...load] }));
    return { way: `dumped and loaded, as ${why}` };
  }
  await handOver(client, from, to, await tablesNamed(client, from.name, emptied));
  return { way: 'as a template within the server' };
}

/** All that is in the template belongs to the role of its site; the statement gives away the template itself, too, so that is taken back. */
async function handOver(
  client: PostgresqlClient,
  from: SiteDatabase,
  to: SiteDatabase,
  emptied: readonly string[],
): Promise<void> {
  const statements = [
    'begin',
    `reassign owned by ${identifier(from.user)} to ${identifier(to.user)}`,
    `alter database ${identifier(from.name)} owner to ${identifier(from.user)}`,
    ...(emptied.length > 0 ? [`truncate ${emptied.join(', ')}`] : []),
    'commit',
  ];
  await client.run(statements, 'changes', to.name, wholeDatabaseMs);
}

/**
 * Null where the server can use it as a template and all in it can be handed over. What the role has besides (pg_shdepend: 'o' owns,
 * 'a' was given rights, 'r' is in a rule for rows) cannot: it would hold the role when the site is gone.
 */
async function whyNoTemplate(client: PostgresqlClient, { name, user }: SiteDatabase): Promise<string | null> {
  const find = [
    `select r.rolcanlogin, (select count(*) from pg_stat_activity a where a.datname = d.datname and a.backend_type = 'client backend'),`,
    `(select count(*) from pg_shdepend s where s.refclassid = 'pg_authid'::regclass and s.refobjid = r.oid and`,
    `(s.dbid = 0 and s.objid <> d.oid or s.dbid = d.oid and s.deptype <> 'o'))`,
    `from pg_database d join pg_roles r on r.oid = d.datdba where d.datname = ${literal(name)} and r.rolname = ${literal(user)}`,
  ].join(' ');
  const [[mayLogIn, sessions, others] = []] = await client.run([find], 'reads');
  if (mayLogIn === undefined) return 'it belongs to another role';
  if (mayLogIn === 't') return 'it is open';
  if (sessions !== '0') return 'somebody is still in it';
  return others === '0' ? null : 'its role has rights besides';
}

/** Those of the database itself, which are in no dump of what is in it: Drupal makes one. Only what any user may set. */
async function settingsOf(client: PostgresqlClient, name: string): Promise<readonly string[]> {
  const find = [
    `select coalesce(json_agg(format('%I to %L', g.name, substr(c, length(g.name) + 2))), json_build_array())`,
    `from pg_db_role_setting s, unnest(s.setconfig) c, pg_settings g where s.setrole = 0`,
    `and s.setdatabase = (select oid from pg_database where datname = ${literal(name)})`,
    `and g.name = split_part(c, '=', 1) and g.context = 'user' and g.vartype <> 'string'`,
  ].join(' ');
  const [[text = '[]'] = []] = await client.run([find], 'reads');
  return JSON.parse(text);
}
