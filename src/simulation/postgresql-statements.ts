import type { MemoryWorld } from '../machine/memory-world.ts';
import { askTables, type Tables } from './tables.ts';

export interface DatabaseState {
  readonly owner: string;
  isPublic: boolean;
  hasTrigrams: boolean;
  readonly tables: Tables;
}
export interface State {
  readonly databases: Map<string, DatabaseState>;
  /** What is stored for their passwords, by role. */
  readonly roles: Map<string, string>;
  /** Roles that the administrator is a member of. */
  readonly memberOf: Set<string>;
  /** Roles that may not log in. */
  readonly closed: Set<string>;
  /** Roles that may what another may. */
  readonly actsFor: Map<string, string>;
}

export class Refused extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 3) {
    super(message);
    this.exitCode = exitCode;
  }
}

const text = "'((?:[^']|'')*)'";
const name = '"((?:[^"]|"")*)"';
const plainText = (quoted: string): string => quoted.replaceAll("''", "'");
const plainName = (quoted: string): string => quoted.replaceAll('""', '"');

interface At {
  readonly world: MemoryWorld;
  /** Where the session is. */
  readonly database: string;
}
type Rule = readonly [RegExp, (state: State, found: readonly string[], at: At) => readonly string[]];
const rule = (source: string, act: Rule[1]): Rule => [new RegExp(`^${source}$`, 's'), act];

const rules: readonly Rule[] = [
  rule('(?:set (?:standard_conforming_strings|client_min_messages) = \\w+|set role .*|begin|commit)', () => []),
  rule("select pg_sleep\\(.*\\)|select pg_terminate_backend.*|select 'session' .*", () => []),
  rule("select current_setting\\('server_version_num'\\)", () => ['150008']),
  rule("select current_setting\\('server_version_num'\\), .*", () => ['150008\t15.8']),
  rule('select 1', () => ['1']),
  rule(`select 'database', .* where datname = ${text}`, ({ databases }, [given = '']) => {
    const found = databases.get(plainText(given));
    return found ? [`database\t${found.owner}\t${found.isPublic ? 't' : 'f'}`] : [];
  }),
  rule(`select 'role', .*d\\.datname <> ${text}\\), .* where rolname = ${text}`, lookAtRole),
  rule(
    `select exists \\(select from pg_database where datname = ${text} and .* = ${text}\\) as aegir_logs_in`,
    ({ databases }, [given = '', owner = '']) =>
      databases.get(plainText(given))?.owner === plainText(owner) ? ['t'] : ['f'],
  ),
  rule("select 'login', exists \\(select .* from pg_extension .*\\)", ({ databases }, _, { database }) => [
    `login\t${databases.get(database)?.hasTrigrams ? 't' : 'f'}`,
  ]),
  rule("select 'extension' from pg_extension where extname = 'pg_trgm'", ({ databases }, _, { database }) =>
    databases.get(database)?.hasTrigrams ? ['extension'] : [],
  ),
  rule('create extension if not exists pg_trgm', ({ databases }, _, { database }) => {
    const found = databases.get(database);
    if (found) found.hasTrigrams = true;
    return [];
  }),
  rule(
    `create role ${name} login password ${text} in role ${name}`,
    ({ roles, actsFor }, [role = '', verifier = '', other = '']) => {
      roles.set(plainName(role), verifier);
      actsFor.set(plainName(role), plainName(other));
      return [];
    },
  ),
  rule(`alter role ${name} (login|nologin)`, ({ closed }, [role = '', verb = '']) => {
    if (verb === 'nologin') closed.add(plainName(role));
    else closed.delete(plainName(role));
    return [];
  }),
  rule(`create role ${name} login password ${text}`, ({ roles, memberOf }, [role = '', verifier = '']) => {
    if (roles.has(plainName(role))) throw new Refused(`ERROR:  42710: role "${role}" already exists`);
    roles.set(plainName(role), verifier);
    memberOf.delete(plainName(role));
    return [];
  }),
  rule(`alter role ${name} login password ${text}`, ({ roles }, [role = '', verifier = '']) => {
    if (!roles.has(plainName(role))) throw new Refused(`ERROR:  42704: role "${role}" does not exist`);
    roles.set(plainName(role), verifier);
    return [];
  }),
  rule(`grant ${name} to current_user`, ({ memberOf }, [role = '']) => {
    memberOf.add(plainName(role));
    return [];
  }),
  rule(`create database ${name} owner ${name} template template0 encoding 'UTF8'.*`, createDatabase),
  rule(`create database ${name} owner ${name} template ${name}`, createDatabase),
  rule(`revoke connect, temporary on database ${name} from public`, ({ databases }, [given = '']) => {
    const found = databases.get(plainName(given));
    if (found) found.isPublic = false;
    return [];
  }),
  rule(`drop database if exists ${name} with \\(force\\)`, ({ databases }, [given = '']) => {
    databases.delete(plainName(given));
    return [];
  }),
  rule(`drop role if exists ${name}`, ({ databases, roles, memberOf, closed, actsFor }, [given = '']) => {
    const role = plainName(given);
    if ([...databases.values()].some(({ owner }) => owner === role))
      throw new Refused(`ERROR:  2BP01: role "${role}" cannot be dropped because some objects depend on it`);
    roles.delete(role);
    memberOf.delete(role);
    closed.delete(role);
    actsFor.delete(role);
    return [];
  }),
  ...tableRules(),
];

/** What a copy within the server asks for. */
function tableRules(): readonly Rule[] {
  const tablesAt = ({ databases }: State, { database }: At): Tables => databases.get(database)?.tables ?? new Map();
  return [
    rule(`select r\\.rolcanlogin, .* d\\.datname = ${text} and r\\.rolname = ${text}`, (state, [, role = '']) => [
      `${state.closed.has(plainText(role)) ? 'f' : 't'}\t0\t0`,
    ]),
    rule('select coalesce\\(json_agg\\(format.*', () => ['[]']),
    rule('select coalesce\\(json_agg\\(json_build_array.*', (state, _, at) => [
      JSON.stringify([...tablesAt(state, at).keys()].map((table) => ['public', table])),
    ]),
    rule("select setting from pg_settings where name = 'data_directory'", () => []),
    rule(`select pg_database_size\\(oid\\) from pg_database where datname = ${text}`, ({ databases }, [given = '']) =>
      databases.has(plainText(given)) ? ['8000000'] : [],
    ),
    // The objects of a simulated database have no owners.
    rule(`reassign owned by ${name} to ${name}|alter database ${name} owner to ${name}`, () => []),
    rule('truncate (.*)', (state, [list = ''], at) => {
      for (const table of list.matchAll(/"public"\."(\w+)"/g)) tablesAt(state, at).set(table[1] ?? '', []);
      return [];
    }),
  ];
}

/** Rows, or Refused. */
export function execute(state: State, statement: string, at: At): readonly string[] {
  for (const [pattern, act] of rules) {
    const found = pattern.exec(statement.trim());
    if (found) return act(state, found.slice(1), at);
  }
  const tables = state.databases.get(at.database)?.tables;
  const rows = tables && askTables(tables, statement.trim());
  if (rows) return rows;
  throw new Refused('ERROR:  42601: syntax error');
}

function lookAtRole(
  { databases, roles, memberOf, closed }: State,
  [here = '', given = '']: readonly string[],
): string[] {
  const role = plainText(given);
  if (!roles.has(role)) return [];
  const others = [...databases].filter(([of, { owner }]) => owner === role && of !== plainText(here)).length;
  return [`role\tf\t${others}\t${memberOf.has(role) ? 't' : 'f'}\t${closed.has(role) ? 'f' : 't'}`];
}

function createDatabase(
  { databases }: State,
  [given = '', owner = '', like]: readonly string[],
  { world }: At,
): string[] {
  if (databases.has(plainName(given))) throw new Refused(`ERROR:  42P04: database "${given}" already exists`);
  if (world.diskIsFull) throw new Refused('ERROR:  53100: could not create directory: No space left on device');
  const template = like === undefined ? undefined : databases.get(plainName(like));
  databases.set(plainName(given), {
    owner: plainName(owner),
    isPublic: true,
    hasTrigrams: template?.hasTrigrams ?? false,
    tables: new Map(template?.tables),
  });
  return [];
}
