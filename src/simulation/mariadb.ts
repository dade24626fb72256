import type { Command } from '../machine/command.ts';
import type { Output } from '../machine/machine.ts';
import type { MemoryWorld } from '../machine/memory-world.ts';
import { reveal } from '../machine/scrub.ts';
import { nativeHash } from '../services/db/mysql-client.ts';
import { type Simulation, simulated } from './world.ts';

/** While this file is there, the server does not answer. */
export const mariadbIsDown = '/run/simulated-mariadb-is-down';

interface State {
  readonly databases: Set<string>;
  /** Passwords by 'user'@'host'. */
  readonly accounts: Map<string, string>;
  /** Patterns of databases, as they were granted, by 'user'@'host'. */
  readonly grants: Map<string, Set<string>>;
}

/** MariaDB and its client, as far as the statements of the engine `mysql` go. Any other statement is an error, as a misspelt one is. */
export const mariadb: Simulation = (world) => {
  world.put('/usr/sbin/mariadbd', '', { mode: '0755', owner: 'root', group: 'root' });
  simulated<State>({
    name: 'mariadb',
    fresh: () => ({ databases: new Set(['mysql']), accounts: new Map(), grants: new Map() }),
    programs: (state) => ({
      mariadb: (command, { world: at }) => client(state, command, at),
      mariadbd: () => ({ stdout: `mariadbd  Ver ${version} for debian-linux-gnu\n` }),
    }),
    snapshot: ({ databases, accounts, grants }) =>
      JSON.stringify([
        [...databases].toSorted(),
        [...accounts].toSorted(),
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

function client(state: State, command: Command, world: MemoryWorld): Partial<Output> {
  const options = new Map(
    command.argv.slice(1).map((word) => {
      const [option = '', value = ''] = word.split(/=(.*)/s);
      return [option, value] as const;
    }),
  );
  try {
    logIn(state, options, world);
    const rows = reveal(command.stdin ?? '')
      .split(';\n')
      .filter((statement) => statement.trim() !== '')
      .flatMap((statement) => execute(state, statement, world));
    return { stdout: rows.map((row) => `${row}\n`).join('') };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { exitCode: 1, stderr: `ERROR ${error.code} (HY000) at line 1: ${error.message}\n` };
  }
}

/** Who has no account here is the administrator, whom the operating system vouches for. */
function logIn(state: State, options: ReadonlyMap<string, string>, world: MemoryWorld): void {
  if (world.get(mariadbIsDown)) throw new Refused(2002, "Can't connect to local server through socket");
  const account = [...state.accounts.keys()].find((name) => name.startsWith(`${options.get('--user')}@`));
  if (account === undefined) return;
  const file = world.text(options.get('--defaults-file') ?? '') ?? '';
  const password = /^password="(.*)"$/m.exec(file)?.[1]?.replaceAll('\\\\', '\\') ?? '';
  if (state.accounts.get(account) !== password) throw new Refused(1045, `Access denied for user ${account}`);
  const database = options.get('--database');
  if (database === undefined) return;
  const mine = [...(state.grants.get(account) ?? [])];
  if (!mine.some((pattern) => covers(pattern, database))) throw new Refused(1044, `Access denied to ${database}`);
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

type Rule = readonly [RegExp, (state: State, found: readonly string[], world: MemoryWorld) => readonly string[]];
const rule = (source: string, act: Rule[1]): Rule => [new RegExp(`^${source}$`, 's'), act];

const rules: readonly Rule[] = [
  rule('set session .*', () => []),
  rule('select version\\(\\)', () => [version]),
  rule('select 1', () => ['1']),
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
  rule(`grant all privileges on ${name}\\.\\* to ${text}@${text}`, (state, [pattern = '', user = '', host = '']) => {
    const account = `${user}@${host}`;
    if (!state.accounts.has(account)) throw new Refused(1133, "Can't find any matching row in the user table");
    state.grants.set(account, (state.grants.get(account) ?? new Set()).add(plainName(pattern)));
    return [];
  }),
  rule(`drop user if exists ${text}@${text}`, ({ accounts, grants }, [user = '', host = '']) => {
    accounts.delete(`${user}@${host}`);
    grants.delete(`${user}@${host}`);
    return [];
  }),
  rule(`create database ${name} character set utf8mb4 collate \\w+`, ({ databases }, [given = ''], world) => {
    if (databases.has(plainName(given))) throw new Refused(1007, `Can't create database; database exists`);
    if (world.diskIsFull) throw new Refused(1006, 'Can\'t create database (errno: 28 "No space left on device")');
    databases.add(plainName(given));
    return [];
  }),
  rule(`drop database if exists ${name}`, ({ databases }, [given = '']) => {
    databases.delete(plainName(given));
    return [];
  }),
];

function execute(state: State, statement: string, world: MemoryWorld): readonly string[] {
  for (const [pattern, act] of rules) {
    const found = pattern.exec(statement.trim());
    if (found) return act(state, found.slice(1), world);
  }
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
