import type { Command } from '../machine/command.ts';
import type { Output } from '../machine/machine.ts';
import type { MemoryWorld } from '../machine/memory-world.ts';
import { reveal } from '../machine/scrub.ts';
import { scramVerifier } from '../services/db/postgresql-client.ts';
import { type Simulation, simulated } from './world.ts';

/** While this file is there, the server does not answer. */
export const postgresqlIsDown = '/run/simulated-postgresql-is-down';

interface DatabaseState {
  readonly owner: string;
  isPublic: boolean;
  hasTrigrams: boolean;
}
interface State {
  readonly databases: Map<string, DatabaseState>;
  /** What is stored for their passwords, by role. */
  readonly roles: Map<string, string>;
  /** Roles that the administrator is a member of. */
  readonly memberOf: Set<string>;
}

/** PostgreSQL and psql, as far as the statements of the engine `postgresql` go. Any other statement is an error, as a misspelt one is. */
export const postgresql: Simulation = (world) => {
  world.put('/usr/lib/postgresql/15/bin/postgres', '', { mode: '0755', owner: 'root', group: 'root' });
  simulated<State>({
    name: 'postgresql',
    fresh: () => ({
      databases: new Map([['postgres', { owner: 'postgres', isPublic: true, hasTrigrams: false }]]),
      roles: new Map(),
      memberOf: new Set(),
    }),
    programs: (state) => ({
      psql: (command, { world: at }) => client(state, command, at),
      postgres: () => ({ stdout: 'postgres (PostgreSQL) 15.8\n' }),
    }),
    // What is stored for a password has a random part, so it is left out.
    snapshot: ({ databases, roles, memberOf }) =>
      JSON.stringify([[...databases].toSorted(), [...roles.keys()].toSorted(), [...memberOf].toSorted()]),
  })(world);
};

class Refused extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 3) {
    super(message);
    this.exitCode = exitCode;
  }
}

function client(state: State, { argv, stdin = '' }: Command, world: MemoryWorld): Partial<Output> {
  const rows: string[] = [];
  const session: Session = { database: '', skips: false, found: '', isConnecting: false };
  try {
    session.database = logIn(state, argv.at(-1) ?? '', world);
    for (const line of reveal(stdin).split(/;?\n/)) rows.push(...step(state, line, session, world));
    return { stdout: rows.map((row) => `${row}\n`).join('') };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    // What was said before stands.
    const stdout = rows.map((row) => `${row}\n`).join('');
    if (session.isConnecting) return { exitCode: 3, stdout, stderr: `psql: \\connect: ${error.message}\n` };
    return { exitCode: error.exitCode, stdout, stderr: `psql: ${error.message}\n` };
  }
}

interface Session {
  database: string;
  /** Between an \if that is not so and its \endif. */
  skips: boolean;
  /** What \gset took. */
  found: string;
  /** In another database, or as somebody else: a script ends with 3 where that is refused. */
  isConnecting: boolean;
}

function step(state: State, line: string, session: Session, world: MemoryWorld): readonly string[] {
  if (line === '\\endif') session.skips = false;
  else if (session.skips || line.trim() === '') return [];
  else if (line.startsWith('\\if ')) session.skips = session.found !== 't';
  else if (line.startsWith('\\connect ')) {
    const other = /^\\connect -reuse-previous=off "(.*)"$/.exec(line)?.[1] ?? '';
    session.isConnecting = true;
    session.database = logIn(state, other.replaceAll('""', '"'), world);
    session.isConnecting = false;
  } else {
    const [, statement = line, taken] = /^(.*?)( \\gset)?$/s.exec(line) ?? [];
    const rows = execute(state, statement, { world, database: session.database });
    if (taken === undefined) return rows;
    session.found = rows[0] ?? '';
  }
  return [];
}

/** Answers the database. Who has no role here is the administrator, whom the operating system vouches for. */
function logIn(state: State, connection: string, world: MemoryWorld): string {
  const words = new Map(
    [...connection.matchAll(/(\w+)='((?:[^'\\]|\\.)*)'/g)].map(([, word = '', value = '']) => [
      word,
      value.replace(/\\(.)/g, '$1'),
    ]),
  );
  const [database = '', user = ''] = [words.get('dbname'), words.get('user')];
  if (world.get(postgresqlIsDown)) throw new Refused('error: connection to server failed: Connection refused', 2);
  const stored = state.roles.get(user);
  if (stored !== undefined) {
    const password = words.get('password') ?? '';
    const salt = Buffer.from(/:([^$]+)\$/.exec(stored)?.[1] ?? '', 'base64');
    if (scramVerifier(password, salt) !== stored)
      throw new Refused(
        `error: connection to server failed: FATAL:  password authentication failed for user "${user}"`,
        2,
      );
  }
  const found = state.databases.get(database);
  if (!found) throw new Refused(`error: connection to server failed: FATAL:  database "${database}" does not exist`, 2);
  if (stored !== undefined && !found.isPublic && found.owner !== user)
    throw new Refused(`error: connection to server failed: FATAL:  permission denied for database "${database}"`, 2);
  return database;
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
  rule('set (standard_conforming_strings|client_min_messages) = \\w+', () => []),
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
  rule(`revoke connect, temporary on database ${name} from public`, ({ databases }, [given = '']) => {
    const found = databases.get(plainName(given));
    if (found) found.isPublic = false;
    return [];
  }),
  rule(`drop database if exists ${name} with \\(force\\)`, ({ databases }, [given = '']) => {
    databases.delete(plainName(given));
    return [];
  }),
  rule(`drop role if exists ${name}`, ({ databases, roles, memberOf }, [given = '']) => {
    const role = plainName(given);
    if ([...databases.values()].some(({ owner }) => owner === role))
      throw new Refused(`ERROR:  2BP01: role "${role}" cannot be dropped because some objects depend on it`);
    roles.delete(role);
    memberOf.delete(role);
    return [];
  }),
];

function execute(state: State, statement: string, at: At): readonly string[] {
  for (const [pattern, act] of rules) {
    const found = pattern.exec(statement.trim());
    if (found) return act(state, found.slice(1), at);
  }
  throw new Refused('ERROR:  42601: syntax error');
}

function lookAtRole({ databases, roles, memberOf }: State, [here = '', given = '']: readonly string[]): string[] {
  const role = plainText(given);
  if (!roles.has(role)) return [];
  const others = [...databases].filter(([of, { owner }]) => owner === role && of !== plainText(here)).length;
  return [`role\tf\t${others}\t${memberOf.has(role) ? 't' : 'f'}`];
}

function createDatabase({ databases }: State, [given = '', owner = '']: readonly string[], { world }: At): string[] {
  if (databases.has(plainName(given))) throw new Refused(`ERROR:  42P04: database "${given}" already exists`);
  if (world.diskIsFull) throw new Refused('ERROR:  53100: could not create directory: No space left on device');
  databases.set(plainName(given), { owner: plainName(owner), isPublic: true, hasTrigrams: false });
  return [];
}
