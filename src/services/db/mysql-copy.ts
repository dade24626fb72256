import type { Machine } from '../../machine/machine.ts';
import { hasName } from '../../machine/matches.ts';
import type { Copied, Programs, SiteDatabase } from './db.ts';
import { identifier, type MysqlClient } from './mysql-client.ts';
import { isClosed } from './mysql-close.ts';
import { dumpCommand, type Part } from './mysql-dump.ts';
import { look, mustBeOurs, noDatabase } from './mysql-look.ts';
import { oddIn, readSource, type Source, type Table } from './mysql-source.ts';
import { movableTables, moveTablespaces, worthBytes } from './mysql-tablespaces.ts';
import { wholeDatabaseMs } from './patience.ts';

interface Server {
  readonly client: MysqlClient;
  readonly machine: Machine;
  /** As the site that is loaded. */
  loading<T>(into: SiteDatabase, action: (load: Programs) => Promise<T>): Promise<T>;
}

/**
 * A database that is closed is copied by the server itself: big tables as files where we may, the others row by row over two
 * connections. One that is open must be of one moment: where all of its tables can be copied as files it is locked for that,
 * which takes some tenths of a second; else it is dumped and loaded.
 */
export async function copyMysql(
  server: Server,
  from: SiteDatabase,
  to: SiteDatabase,
  emptied: readonly string[],
): Promise<Copied> {
  const { client, machine } = server;
  const found = await look(client, from);
  if (!found.exists) throw noDatabase(machine.name, from.name);
  mustBeOurs(to, await look(client, to));
  const source = await readSource(client, from.name);
  const closed = await isClosed(client, from, found.accounts);
  const empty = `create database ${identifier(to.name)} character set ${source.characterSet} collate ${source.collation}`;
  const makeEmpty = (): Promise<unknown> =>
    client.run([`drop database if exists ${identifier(to.name)}`, empty], 'changes');
  const copy = { server, from: from.name, to: to.name, source, emptied, makeEmpty };
  const odd = oddIn(source);
  const way = odd === null ? await (closed ? copyTables(copy) : copyAtOnce(copy)) : null;
  if (way === null) {
    await makeEmpty();
    await pipeDump(server, from, to, { emptied });
    return { way: `dumped and loaded, as ${odd ?? 'it is open'}` };
  }
  // Rows must not meet triggers, nor events act on half of them; and views may ask functions.
  if (source.programs > 0) await pipeDump(server, from, to, { words: ['--no-data', '--no-create-info'] });
  if (source.views.length > 0) await pipeDump(server, from, to, { words: onlyViews, tables: source.views });
  return { way: `within the server, ${way}` };
}

const onlyViews = ['--no-data', '--skip-triggers', '--skip-routines', '--skip-events'];

async function pipeDump(
  { client, machine, loading }: Server,
  from: SiteDatabase,
  to: SiteDatabase,
  part: Part,
): Promise<void> {
  const dump = await dumpCommand(client, from.name, part);
  await loading(to, (load) => machine.pipe({ commands: [dump, ...load] }));
}

interface Copy {
  readonly server: Server;
  readonly from: string;
  readonly to: string;
  readonly source: Source;
  readonly emptied: readonly string[];
  /** Makes the target anew, whatever is in it. */
  readonly makeEmpty: () => Promise<unknown>;
}

/** More would hold up for too long who writes into the site meanwhile. */
const atOnceMaxBytes = 256 * 1024 * 1024;
const atOnceMaxTables = 300;

/** All tables as files, of one moment. Answers how, or null where that is not to be had. */
async function copyAtOnce(copy: Copy): Promise<string | null> {
  const { client, machine } = copy.server;
  const { from, to, source } = copy;
  const { filled, begin, run, tables } = await tablesOf(copy);
  const bytes = filled.reduce((sum, table) => sum + table.bytes, 0);
  if (filled.length === 0 || filled.length > atOnceMaxTables || bytes > atOnceMaxBytes) return null;
  const tablespaces = { client, machine, from, to, dataDirectory: source.dataDirectory };
  if ((await movableTables(tablespaces, source, filled, 0)).length < filled.length) return null;
  await copy.makeEmpty();
  await run(tables.map(({ make }) => make));
  const why = await moveTablespaces(tablespaces, begin, filled);
  return why === null ? `${filled.length} tables as files, all at once` : null;
}

/** Answers how. */
async function copyTables(copy: Copy): Promise<string> {
  const { client, machine } = copy.server;
  const { from, to, source } = copy;
  const { filled, begin, run, tables, at } = await tablesOf(copy);
  const insert = ({ name, columns }: Table): string =>
    `insert into ${identifier(name)} (${columns}) select ${columns} from ${at(name)}`;
  await copy.makeEmpty();
  const insertAll = (some: readonly Table[]): readonly Promise<unknown>[] =>
    inParts(some).map((part) => run(['set autocommit = 0', ...part.map(insert), 'commit']));

  await run(tables.map(({ make }) => make));
  const tablespaces = { client, machine, from, to, dataDirectory: source.dataDirectory };
  const moved = await movableTables(tablespaces, source, filled, worthBytes);
  const others = filled.filter((table) => !moved.includes(table));
  const [why] = await allOf([moveTablespaces(tablespaces, begin, moved), ...insertAll(others)]);
  if (why === null)
    return moved.length === 0 ? 'row by row' : `${moved.length} tables as files, ${others.length} row by row`;
  await run(moved.flatMap(({ name, make }) => [`drop table if exists ${identifier(name)}`, make]));
  await allOf(insertAll(moved));
  return `row by row, as files could not be copied (${why.slice(0, 300)})`;
}

/** The tables with what makes them, those of them that are filled, and how to work on the copy. */
async function tablesOf({ server: { client }, from, to, source, emptied }: Copy) {
  const at = (table: string): string => `${identifier(from)}.${identifier(table)}`;
  const show = source.tables.map(({ name }) => `show create table ${at(name)}`);
  const shown = await client.run(show, 'reads');
  const tables = source.tables.map((table, index) => ({ ...table, make: shown[index]?.[1] ?? '' }));
  // Constraints of rows that are there already have been checked once; and a row with the number 0 keeps it.
  const begin = [
    "set session sql_mode = 'NO_AUTO_VALUE_ON_ZERO', foreign_key_checks = 0, innodb_strict_mode = 0",
    ...(source.isMaria ? ['set session check_constraint_checks = 0'] : []),
    `use ${identifier(to)}`,
  ];
  return {
    ...{ at, tables, begin },
    filled: tables.filter(({ name }) => emptied.length === 0 || !hasName(name, emptied)),
    run: (statements: readonly string[]): Promise<unknown> =>
      client.run([...begin, ...statements], 'changes', { timeoutMs: wholeDatabaseMs }),
  };
}

/** Nothing goes on behind the back of who is told that it failed. */
async function allOf<First>(
  all: readonly [Promise<First>, ...Promise<unknown>[]],
): Promise<readonly [First, ...unknown[]]>;
async function allOf(all: readonly Promise<unknown>[]): Promise<readonly unknown[]>;
async function allOf(all: readonly Promise<unknown>[]): Promise<readonly unknown[]> {
  await Promise.allSettled(all);
  return Promise.all(all);
}

/** Two lists of about the same size: more connections than that gain little, as one table of most sites is the biggest by far. */
function inParts(tables: readonly Table[]): readonly (readonly Table[])[] {
  const parts: { bytes: number; readonly tables: Table[] }[] = [
    { bytes: 0, tables: [] },
    { bytes: 0, tables: [] },
  ];
  for (const table of tables.toSorted((one, other) => other.bytes - one.bytes)) {
    const [smallest] = parts.toSorted((one, other) => one.bytes - other.bytes);
    if (!smallest) break;
    smallest.bytes += table.bytes;
    smallest.tables.push(table);
  }
  return parts.map((part) => part.tables).filter((part) => part.length > 0);
}
