import { type Command, command } from '../../machine/command.ts';
import { hasName } from '../../machine/matches.ts';
import { Problem } from '../../model/problem.ts';
import type { Programs } from './db.ts';
import { literal, type MysqlClient } from './mysql-client.ts';
import { wholeDatabaseMs } from './patience.ts';

/** Of one moment, as long as its tables are InnoDB: that of others is that of their turn. */
const dumpWords = [
  ...['--single-transaction', '--quick', '--routines', '--events', '--triggers', '--no-tablespaces'],
  ...['--max-allowed-packet=1G', '--skip-dump-date'],
];
/** The dump would set what belongs to the whole server, and asks for what MariaDB does not have. */
const mysqlWords = ['--set-gtid-purged=OFF', '--loose-column-statistics=0'];

/** What of a database is dumped: all of it, unless this says otherwise. */
export interface Part {
  /** Tables (globs) whose rows are left out. */
  readonly emptied?: readonly string[];
  readonly words?: readonly string[];
  readonly tables?: readonly string[];
}

/** The client must have run something before: then it knows whose programs there are. */
export async function dumpCommand(
  client: MysqlClient,
  name: string,
  { emptied = [], words = [], tables = [] }: Part,
): Promise<Command> {
  const without = await tablesNamed(client, name, emptied);
  const program = client.isOfMysql ? 'mysqldump' : 'mariadb-dump';
  if (client.isOfMysql && without.length > 0)
    throw new Problem('configuration-refused', "MySQL's own mysqldump cannot leave out the rows of a table", {
      hint: 'Install mariadb-client on that server: its mariadb-dump can, and reads MySQL, too.',
    });
  const all = [...dumpWords, ...(client.isOfMysql ? mysqlWords : []), ...words];
  const leftOut = without.map((table) => `--ignore-table-data=${name}.${table}`);
  return {
    ...command`${program} ${client.login()} ${all} ${leftOut} -- ${name} ${tables}`,
    effect: 'reads',
    timeoutMs: wholeDatabaseMs,
    quiet: true,
  };
}

/** Tables that hold rows of their own. */
export async function tablesNamed(
  client: MysqlClient,
  database: string,
  globs: readonly string[],
): Promise<readonly string[]> {
  if (globs.length === 0) return [];
  const find = `select table_name from information_schema.tables where table_schema = ${literal(database)} and table_type <> 'VIEW'`;
  const rows = await client.run([find], 'reads');
  return rows.map(([table = '']) => table).filter((table) => hasName(table, globs));
}

/**
 * Reads a dump. In binary mode the client knows none of its own commands but DELIMITER and \C, so nothing in a dump makes it run
 * a program or touch a file; nor does it hand a file to the server that asks for one.
 */
export function loadCommands(client: MysqlClient, name: string): Programs {
  const program = client.isOfMysql ? 'mysql' : 'mariadb';
  const words = ['--batch', '--binary-mode', '--local-infile=0', '--loose-sandbox', '--max-allowed-packet=1G'];
  const begin = "--init-command=set session foreign_key_checks = 0, sql_mode = 'NO_AUTO_VALUE_ON_ZERO'";
  const filter = command`sed -E ${rewrites.flatMap((rewrite) => ['-e', rewrite])}`;
  const load = command`${program} ${client.login()} ${words} ${begin} ${`--database=${name}`}`;
  const more = { timeoutMs: wholeDatabaseMs, quiet: true };
  return [
    { ...filter, ...more },
    { ...load, ...more },
  ];
}

const someone = "(`[^`]*`|'[^']*'|[[:alnum:]_]+)";
/**
 * On lines that are no rows:
 * - Views, triggers, routines and events belong to who loads them; in the name of another, only an administrator could make them.
 * - The way of comparing that is the default of newer servers is unknown to others; the nearest that all know takes its place.
 */
const rewrites = [
  `/^(\\/\\*!5[0-9]{4} (CREATE|DEFINER|ALTER)|CREATE )/s/DEFINER *= *${someone}@${someone}//`,
  '/^(INSERT|REPLACE|\\()/!s/utf8mb4_(0900|uca1400)_ai_ci/utf8mb4_unicode_520_ci/g',
];

/** Explains what the program that dumps or the one that loads died of; a failure of any other program of the pipe is not ours to explain. */
export async function withExplanation<T>(
  client: MysqlClient,
  programs: Programs,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw explained(client, programs, error);
  }
}

function explained(client: MysqlClient, programs: Programs, error: unknown): unknown {
  const program = programs.at(-1)?.argv[0];
  if (!(error instanceof Problem && error.code === 'command-failed' && error.message.startsWith(`${program} `)))
    return error;
  const [said, line] = /\berror:? \d+(?:[^\n]* at line (\d+))?[^\n]*/i.exec(error.message) ?? [];
  if (said === undefined) return error;
  const known = client.problem(said);
  if (line === undefined || (known.code !== 'forbidden' && known.code !== 'command-failed')) return known;
  const hint =
    known.code === 'forbidden'
      ? "It wants what is not the site's: make a dump of this one database, without users, rights and global settings."
      : 'Look at that line: the dump is damaged, or of a server that knows more than this one.';
  return new Problem(known.code, `the dump was refused at its line ${line}: ${said.slice(0, 300)}`, {
    hint,
    cause: error,
  });
}
