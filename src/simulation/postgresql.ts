import type { Command } from '../machine/command.ts';
import type { Output } from '../machine/machine.ts';
import type { MemoryWorld } from '../machine/memory-world.ts';
import { reveal } from '../machine/scrub.ts';
import { scramVerifier } from '../services/db/postgresql-client.ts';
import { type DatabaseState, execute, Refused, type State } from './postgresql-statements.ts';
import { dumpOf, loadInto, offerTables, tablesText } from './tables.ts';
import { type Simulation, simulated } from './world.ts';

/** While this file is there, the server does not answer. */
export const postgresqlIsDown = '/run/simulated-postgresql-is-down';

/** PostgreSQL and psql, as far as the statements of the engine `postgresql` go. Any other statement is an error, as a misspelt one is. */
export const postgresql: Simulation = (world) => {
  world.put('/usr/lib/postgresql/15/bin/postgres', '', { mode: '0755', owner: 'root', group: 'root' });
  simulated<State>({
    name: 'postgresql',
    fresh: () => ({
      databases: new Map([['postgres', { owner: 'postgres', isPublic: true, hasTrigrams: false, tables: new Map() }]]),
      roles: new Map(),
      memberOf: new Set(),
      closed: new Set(),
      actsFor: new Map(),
    }),
    programs: (state) => {
      offerTables(world, 'pgsql', (name) => state.databases.get(name)?.tables);
      return {
        psql: (command, { world: at }) => client(state, command, at),
        pg_dump: (command, { world: at }) => dump(state, command, at),
        pg_restore: (command, { world: at }) => restore(state, command, at),
        postgres: () => ({ stdout: 'postgres (PostgreSQL) 15.8\n' }),
      };
    },
    // What is stored for a password has a random part, so it is left out.
    snapshot: ({ databases, roles, memberOf, closed }) =>
      JSON.stringify([
        [...databases].map(([name, { tables, ...rest }]) => [name, rest, tablesText(tables)]).toSorted(),
        ...[[...roles.keys()], [...memberOf], [...closed]].map((names) => names.toSorted()),
      ]),
  })(world);
};

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

/** Of pg_dump and pg_restore, which name the database in an option. */
function working(
  command: Command,
  world: MemoryWorld,
  state: State,
  work: (database: DatabaseState) => string,
): Partial<Output> {
  try {
    const connection = command.argv.find((word) => word.startsWith('--dbname='))?.slice('--dbname='.length) ?? '';
    const name = logIn(state, connection, world);
    const database = state.databases.get(name);
    return { stdout: database ? work(database) : '' };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { exitCode: 1, stderr: `${command.argv[0]}: ${error.message}\n` };
  }
}

const dump = (state: State, command: Command, world: MemoryWorld): Partial<Output> =>
  working(command, world, state, ({ tables }) => {
    const emptied = command.argv.map((word) => /^--exclude-table-data="public"\."(.*)"$/.exec(word)?.[1] ?? '');
    return dumpOf(tables, emptied);
  });

const restore = (state: State, command: Command, world: MemoryWorld): Partial<Output> =>
  working(command, world, state, ({ tables }) => {
    if (world.diskIsFull) throw new Refused('error: could not execute query: ERROR:  No space left on device', 1);
    if (!loadInto(tables, reveal(command.stdin ?? '')))
      throw new Refused('error: input file does not appear to be a valid archive', 1);
    return '';
  });

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
    const file = world.text(words.get('passfile') ?? '') ?? '';
    const password = words.get('password') ?? /^\*:\*:\*:\*:(.*)$/m.exec(file)?.[1] ?? '';
    const salt = Buffer.from(/:([^$]+)\$/.exec(stored)?.[1] ?? '', 'base64');
    if (scramVerifier(password, salt) !== stored)
      throw new Refused(
        `error: connection to server failed: FATAL:  password authentication failed for user "${user}"`,
        2,
      );
  }
  if (state.closed.has(user))
    throw new Refused(`error: connection to server failed: FATAL:  role "${user}" is not permitted to log in`, 2);
  const found = state.databases.get(database);
  if (!found) throw new Refused(`error: connection to server failed: FATAL:  database "${database}" does not exist`, 2);
  if (stored !== undefined && !found.isPublic && found.owner !== (state.actsFor.get(user) ?? user))
    throw new Refused(`error: connection to server failed: FATAL:  permission denied for database "${database}"`, 2);
  return database;
}
