import type { Command } from '../machine/command.ts';
import type { Output } from '../machine/machine.ts';
import type { MemoryWorld } from '../machine/memory-world.ts';
import { reveal } from '../machine/scrub.ts';
import { nativeHash } from '../services/db/mysql-client.ts';
import { askTables, dumpOf, loadInto, offerTables, type Tables, tablesText } from './tables.ts';
import { type Simulation, simulated } from './world.ts';

/** While this file is there, the server does not answer. */
export const mariadbIsDown = '/run/simulated-mariadb-is-down';

interface State {
  readonly databases: Map<string, Tables>;
  /** Passwords by 'user'@'host'. */
  readonly accounts: Map<string, string>;
  /** Patterns of databases, as they were granted, by 'user'@'host'. */
  readonly grants: Map<string, Set<string>>;
  /** Those that may not log in. */
  readonly locked: Set<string>;
}

/** MariaDB and its client, as far as the statements of the engine `mysql` go. Any other statement is an error, as a misspelt one is. */
export const mariadb: Simulation = (world) => {
  world.put('/usr/sbin/mariadbd', '', { mode: '0755', owner: 'root', group: 'root' });
  simulated<State>({
    name: 'mariadb',
    fresh: () => ({
      databases: new Map([['mysql', new Map()]]),
      accounts: new Map(),
      grants: new Map(),
      locked: new Set(),
    }),
    programs: (state) => {
      offerTables(world, 'mysql', (name) => state.databases.get(name));
      return {
        mariadb: (command, { world: at }) => client(state, command, at),
        'mariadb-dump': (command, { world: at }) => dump(state, command, at),
        // What it rewrites is nothing that a simulated dump has.
        sed: ({ stdin }) => ({ stdout: reveal(stdin ?? '') }),
        mariadbd: () => ({ stdout: `mariadbd  Ver ${version} for debian-linux-gnu\n` }),
      };
    },
    snapshot: ({ databases, accounts, grants, locked }) =>
      JSON.stringify([
        [...databases].map(([name, tables]) => [name, tablesText(tables)]).toSorted(),
        [...accounts].toSorted(),
        [...locked].toSorted(),
        [...grants].map(([account, patterns]) => [account, [...patterns].toSorted()]).toSorted(),
      ]),
  })(world);
};

const version = '10.11.6-MariaDB';

class Refused extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Where a session is; '' before it chose a database. */
interface Session {
  database: string;
}

function client(state: State, command: Command, world: MemoryWorld): Partial<Output> {
  return answering(command, (options) => {
    const session = { database: logIn(state, options, world) };
    const text = reveal(command.stdin ?? '');
    const tables = state.databases.get(session.database);
    if (tables && options.has('--init-command')) return load(tables, text, world);
    const rows = text
      .split(';\n')
      .filter((statement) => statement.trim() !== '')
      .flatMap((statement) => execute(state, statement, world, session));
    return rows.map((row) => `${row}\n`).join('');
  });
}

function dump(state: State, command: Command, world: MemoryWorld): Partial<Output> {
  return answering(command, (options) => {
    const database = command.argv[command.argv.indexOf('--') + 1] ?? '';
    logIn(state, new Map([...options, ['--database', database]]), world);
    const leftOut = command.argv.filter((word) => word.startsWith('--ignore-table-data='));
    const emptied = leftOut.map((word) => word.slice(word.indexOf(`${database}.`) + database.length + 1));
    return dumpOf(state.databases.get(database) ?? new Map(), emptied);
  });
}

function load(tables: Tables, text: string, world: MemoryWorld): string {
  if (world.diskIsFull) throw new Refused(1114, 'The table is full');
  if (!loadInto(tables, text)) throw new Refused(1064, 'You have an error in your SQL syntax');
  return '';
}

function answering(command: Command, action: (options: ReadonlyMap<string, string>) => string): Partial<Output> {
  const options = new Map(
    command.argv.slice(1).map((word) => {
      const [option = '', value = ''] = word.split(/=(.*)/s);
      return [option, value] as const;
    }),
  );
  try {
    return { stdout: action(options) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { exitCode: 1, stderr: `ERROR ${error.code} (HY000) at line 1: ${error.message}\n` };
  }
}

/** Answers the database. Who has no account here is the administrator, whom the operating system vouches for. */
function logIn(state: State, options: ReadonlyMap<string, string>, world: MemoryWorld): string {
  if (world.get(mariadbIsDown)) throw new Refused(2002, "Can't connect to local server through socket");
  const database = options.get('--database') ?? '';
  const account = [...state.accounts.keys()].find((name) => name.startsWith(`${options.get('--user')}@`));
  if (account === undefined) return database;
  const file = world.text(options.get('--defaults-file') ?? '') ?? '';
  const password = /^password="(.*)"$/m.exec(file)?.[1]?.replaceAll('\\\\', '\\') ?? '';
  if (state.accounts.get(account) !== password) throw new Refused(1045, `Access denied for user ${account}`);
  if (state.locked.has(account)) throw new Refused(4151, 'Access denied, this account is locked');
  if (database === '') return database;
  const mine = [...(state.grants.get(account) ?? [])];
  if (!mine.some((pattern) => covers(pattern, database))) throw new Refused(1044, `Access denied to ${database}`);
  return database;
}

/** As a grant is read: `_` and `%` stand for others unless they are escaped. */
function covers(pattern: string, database: string): boolean {
  const source = pattern.replace(/\\([\\_%])|[_%]|[^\w]/g, (sign, escaped?: string) => {
    if (sign === '_') return '.';
    if (sign === '%') return '.*';
    return `\\u{${(escaped ?? sign).codePointAt(0)?.toString(16)}}`;
  });
  return new RegExp(`^${source}$`, 'us').test(database);
}

const text = "'((?:[^'\\\\]|''|\\\\\\\\)*)'";
const name = '`((?:[^`]|``)*)`';
const plainText = (quoted: string): string => quoted.replaceAll("''", "'").replaceAll('\\\\', '\\');
const plainName = (quoted: string): string => quoted.replaceAll('``', '`');

interface At {
  readonly world: MemoryWorld;
  readonly session: Session;
}
type Rule = readonly [RegExp, (state: State, found: readonly string[], at: At) => readonly string[]];
const rule = (source: string, act: Rule[1]): Rule => [new RegExp(`^${source}$`, 's'), act];

const rules: readonly Rule[] = [
  rule('(?:set (?:session|autocommit) .*|do sleep\\(.*\\)|commit|set autocommit = 0)', () => []),
  rule('select id from information_schema\\.processlist .*', () => []),
  rule('select version\\(\\)', () => [version]),
  rule('select 1', () => ['1']),
  rule('select @@datadir', () => ['/var/lib/mysql/']),
  rule(
    `select 'database' from information_schema\\.schemata where schema_name = ${text} and .*`,
    (state, [given = '']) => (state.databases.has(plainText(given)) ? ['database'] : []),
  ),
  rule(
    `select 'account', .*authentication_string = ${text}, .*? in \\(${text}, ${text}\\) .* where u\\.user = ${text}`,
    look,
  ),
  rule(`create user ${text}@${text} identified by ${text}`, ({ accounts }, [user = '', host = '', password = '']) => {
    if (accounts.has(`${user}@${host}`)) throw new Refused(1396, 'Operation CREATE USER failed');
    accounts.set(`${user}@${host}`, plainText(password));
    return [];
  }),
  rule(`alter user ${text}@${text} identified by ${text}`, ({ accounts }, [user = '', host = '', password = '']) => {
    if (!accounts.has(`${user}@${host}`)) throw new Refused(1396, 'Operation ALTER USER failed');
    accounts.set(`${user}@${host}`, plainText(password));
    return [];
  }),
  rule(`grant all privileges on ${name}\\.\\* to ${text}@${text}`, grant),
  rule(`grant select, lock tables, [a-z, ]+ on ${name}\\.\\* to ${text}@${text}`, grant),
  rule(`grant select on mysql\\.proc to ${text}@${text}`, () => []),
  rule(`alter user ${text}@${text} account (lock|unlock)`, ({ locked }, [user = '', host = '', verb = '']) => {
    if (verb === 'lock') locked.add(`${user}@${host}`);
    else locked.delete(`${user}@${host}`);
    return [];
  }),
  rule(`show create user ${text}@${text}`, ({ locked }, [user = '', host = '']) => [
    `CREATE USER \`${user}\`@\`${host}\`${locked.has(`${user}@${host}`) ? ' ACCOUNT LOCK' : ''}`,
  ]),
  rule(`drop user if exists ${text}@${text}`, ({ accounts, grants, locked }, [user = '', host = '']) => {
    accounts.delete(`${user}@${host}`);
    locked.delete(`${user}@${host}`);
    grants.delete(`${user}@${host}`);
    return [];
  }),
  rule(`create database ${name} character set utf8mb4 collate \\w+`, ({ databases }, [given = ''], { world }) => {
    if (databases.has(plainName(given))) throw new Refused(1007, `Can't create database; database exists`);
    if (world.diskIsFull) throw new Refused(1006, 'Can\'t create database (errno: 28 "No space left on device")');
    databases.set(plainName(given), new Map());
    return [];
  }),
  rule(`drop database if exists ${name}`, ({ databases }, [given = '']) => {
    databases.delete(plainName(given));
    return [];
  }),
  ...tableRules(),
];

/** What a copy within the server asks for. */
function tableRules(): readonly Rule[] {
  const tablesOf = ({ databases }: State, given: string): Tables => databases.get(plainText(given)) ?? new Map();
  return [
    rule(`select 'database', default_character_set_name, .* schema_name = ${text}`, ({ databases }, [given = '']) =>
      databases.has(plainText(given)) ? [`database\tutf8mb4\tutf8mb4_general_ci\t${version}\t/var/lib/mysql/\t0`] : [],
    ),
    rule(`select 'table', .* where table_schema = ${text}`, (state, [given = '']) =>
      [...tablesOf(state, given)].map(([table]) => `table\t${table}\tBASE TABLE\tInnoDB\t16384`),
    ),
    rule(`select 'columns', .* where table_schema = ${text} and .*`, (state, [given = '']) =>
      [...tablesOf(state, given)].map(([table]) => `columns\t${table}\t\`v\``),
    ),
    rule(`select table_name from .* where table_schema = ${text} .*`, (state, [given = '']) => [
      ...tablesOf(state, given).keys(),
    ]),
    rule(`select coalesce\\(sum\\(.*\\), 0\\) from .* where table_schema = ${text}`, (state, [given = '']) => [
      String(tablesOf(state, given).size * 16_384),
    ]),
    rule(`show create table ${name}\\.${name}`, (_, [, table = '']) => [`${table}\tcreate table ${table} (v text)`]),
    rule(`use ${name}`, (_, [given = ''], { session }) => {
      session.database = plainName(given);
      return [];
    }),
    rule(
      `insert into ${name} \\(\`v\`\\) select \`v\` from ${name}\\.${name}`,
      ({ databases }, [into = '', from = '', table = ''], { world, session }) => {
        if (world.diskIsFull) throw new Refused(1114, 'The table is full');
        databases.get(session.database)?.set(into, databases.get(plainName(from))?.get(table) ?? []);
        return [];
      },
    ),
  ];
}

function grant(state: State, [pattern = '', user = '', host = '']: readonly string[]): readonly string[] {
  const account = `${user}@${host}`;
  if (!state.accounts.has(account)) throw new Refused(1133, "Can't find any matching row in the user table");
  state.grants.set(account, (state.grants.get(account) ?? new Set()).add(plainName(pattern)));
  return [];
}

function execute(state: State, statement: string, world: MemoryWorld, session: Session): readonly string[] {
  for (const [pattern, act] of rules) {
    const found = pattern.exec(statement.trim());
    if (found) return act(state, found.slice(1), { world, session });
  }
  const tables = state.databases.get(session.database);
  const rows = tables && askTables(tables, statement.trim());
  if (rows) return rows;
  throw new Refused(1064, 'You have an error in your SQL syntax');
}

function look({ accounts, grants }: State, [hash = '', one = '', other = '', user = '']: readonly string[]): string[] {
  const here = [plainText(one), plainText(other)];
  return [...accounts]
    .filter(([account]) => account.startsWith(`${user}@`))
    .map(([account, password]) => {
      const patterns = [...(grants.get(account) ?? [])];
      const owned = patterns.filter((pattern) => here.includes(pattern)).length;
      const same = nativeHash(password) === hash ? 1 : 0;
      const host = account.slice(user.length + 1);
      return ['account', host, 'mysql_native_password', same, owned, patterns.length - owned].join('\t');
    });
}
