import { Problem } from '../../model/problem.ts';
import type { Database } from '../../model/site.ts';
import { grantPattern, literal, type MysqlClient } from './mysql-client.ts';
import { plainNames } from './options.ts';

type Key = Pick<Database, 'name' | 'user'>;

/** A user of the server is name and host; rights belong to that pair. */
export interface AccountFound {
  readonly host: string;
  readonly plugin: string;
  readonly samePassword: boolean;
  /** May make and drop the database in question: this is what makes it ours. */
  readonly owns: boolean;
  /** How many rights it has on anything else. */
  readonly rightsElsewhere: number;
}

export interface Found {
  readonly exists: boolean;
  readonly accounts: readonly AccountFound[];
}

/** `hash` is what the server stores for the password that is wanted, if it stores it in the one way that can be compared. */
export async function look(client: MysqlClient, key: Key, hash = ''): Promise<Found> {
  plainNames('MariaDB or MySQL', key, { name: 64, user: 80 });
  const rows = await client.run(lookStatements(key, hash), 'reads');
  const accounts = rows.flatMap(([kind, host = '', plugin = '', same, owned, elsewhere]): AccountFound[] => {
    const rights = { owns: Number(owned) > 0, rightsElsewhere: Number(elsewhere) };
    return kind === 'account' ? [{ host, plugin, samePassword: same === '1', ...rights }] : [];
  });
  return { exists: rows.some(([kind]) => kind === 'database'), accounts };
}

/** Columns of these tables: mariadb.com/kb/en/mysql-db-table. Names are compared byte by byte, as file names are. */
function lookStatements({ name, user }: Key, hash: string): readonly string[] {
  const [here, u] = [`in (${literal(name)}, ${literal(grantPattern(name))})`, literal(user)];
  const of = (table: string): string => `${table} r where r.user = u.user and r.host = u.host`;
  return [
    `select 'database' from information_schema.schemata where schema_name = ${literal(name)} and cast(schema_name as binary) = cast(${literal(name)} as binary)`,
    [
      `select 'account', u.host, u.plugin, u.authentication_string = ${literal(hash)},`,
      `(select count(*) from ${of('mysql.db')} and r.db ${here} and r.create_priv = 'Y' and r.drop_priv = 'Y'),`,
      `(select count(*) from ${of('mysql.db')} and r.db not ${here}) +`,
      `(select count(*) from ${of('mysql.tables_priv')} and r.db not ${here}) +`,
      `(select count(*) from information_schema.user_privileges p`,
      `where p.grantee = concat("'", u.user, "'@'", u.host, "'") and p.privilege_type <> 'USAGE')`,
      `from mysql.user u where u.user = ${u}`,
    ].join(' '),
  ];
}

export function mustBeOurs({ name, user }: Key, { exists, accounts }: Found): void {
  if (accounts.some(({ owns }) => owns)) return;
  if (exists)
    throw new Problem('conflict', `there is a database ${name} already, and ${user} has no rights on it`, {
      hint: `It is left alone. Choose another name, or make it the site's: grant all on \`${grantPattern(name)}\`.* to '${user}'@'localhost';`,
    });
  if (accounts.some(({ rightsElsewhere }) => rightsElsewhere > 0))
    throw new Problem('conflict', `there is a database user ${user} already, with rights on something else`, {
      hint: 'It is left alone. Choose another name for the user of the site.',
    });
}

export const account = (user: string, host: string): string => `${literal(user)}@${literal(host)}`;

export const noDatabase = (server: string, name: string): Problem =>
  new Problem('not-found', `there is no database ${name} on ${server}`, {
    hint: 'Verify the site: its database was dropped or renamed by somebody, or the site names the wrong db service.',
  });
