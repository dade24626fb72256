import { Problem } from '../../model/problem.ts';
import type { Database } from '../../model/site.ts';
import { plainNames } from './options.ts';
import { identifier, literal } from './postgresql-client.ts';

type Key = Pick<Database, 'name' | 'user'>;

/** How a site fares that logs in; 'untried': it has not both a role and a database. 'complete': it finds all it needs. */
export type Login = 'untried' | 'refused' | 'let in' | 'complete';

/** Whose a database is: its owner, a role of its own for each site. */
export interface Found {
  readonly owner: string | null;
  readonly isPublic: boolean;
  readonly role: RoleFound | null;
}

interface RoleFound {
  readonly mayMore: boolean;
  readonly otherDatabases: number;
  readonly isOurMember: boolean;
  /** False: it was closed, and stays so until it is opened again. */
  readonly mayLogIn: boolean;
}

export const mustBePlain = (key: Key): void => plainNames('PostgreSQL', key, { name: 63, user: 63 });

export function foundIn(rows: readonly (readonly string[])[]): Found {
  const database = rows.find(([kind]) => kind === 'database');
  const role = rows.find(([kind]) => kind === 'role');
  return {
    owner: database?.[1] ?? null,
    isPublic: database?.[2] === 't',
    role: role
      ? {
          mayMore: role[1] === 't',
          otherDatabases: Number(role[2]),
          isOurMember: role[3] === 't',
          mayLogIn: role[4] === 't',
        }
      : null,
  };
}

export const findExtension = "select 'extension' from pg_extension where extname = 'pg_trgm'";

export function mustBeOurs({ name, user }: Key, { owner, role }: Found): void {
  if (owner !== null && owner !== user)
    throw new Problem('conflict', `there is a database ${name} already, and it belongs to ${owner}`, {
      hint: `It is left alone. Choose another name, or give it to the site: alter database ${identifier(name)} owner to ${identifier(user)};`,
    });
  if (owner === null && role && (role.mayMore || role.otherDatabases > 0))
    throw new Problem('conflict', `there is a database role ${user} already, with rights on something else`, {
      hint: 'It is left alone. Choose another name for the user of the site.',
    });
}

const asSitesNeedIt = "template template0 encoding 'UTF8' lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8'";

/** The role comes before: a database is owned from its first moment. Nobody else may enter it. `like`: with all that is in that one. */
export const createDatabase = ({ name, user }: Key, like: string | null = null): readonly string[] => [
  `create database ${identifier(name)} owner ${identifier(user)} ${like === null ? asSitesNeedIt : `template ${identifier(like)}`}`,
  shutOthersOut(name),
];

const shutOthersOut = (name: string): string => `revoke connect, temporary on database ${identifier(name)} from public`;

export function databaseStatements(database: Key, found: Found, changes: string[]): readonly string[] {
  const { name } = database;
  if (found.owner === null) {
    changes.push(`made the database ${name}`);
    return createDatabase(database);
  }
  if (!found.isPublic) return [];
  changes.push(`closed the database ${name} to other roles`);
  return [shutOthersOut(name)];
}

export const lookStatements = ({ name, user }: Key): readonly string[] => [
  `select 'database', pg_get_userbyid(datdba), has_database_privilege('public', oid, 'connect') from pg_database where datname = ${literal(name)}`,
  [
    `select 'role', rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls,`,
    `(select count(*) from pg_database d where d.datdba = r.oid and d.datname <> ${literal(name)}),`,
    `pg_has_role(current_user, r.oid, 'member'), rolcanlogin from pg_roles r where rolname = ${literal(user)}`,
  ].join(' '),
];

export const noDatabase = (server: string, name: string): Problem =>
  new Problem('not-found', `there is no database ${name} on ${server}`, {
    hint: 'Verify the site: its database was dropped or renamed by somebody, or the site names the wrong db service.',
  });
