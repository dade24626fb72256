import type { Machine } from '../../machine/machine.ts';
import { hasName } from '../../machine/matches.ts';
import type { Copied, Programs, SiteDatabase } from './db.ts';
import { identifier, literal, type MysqlClient } from './mysql-client.ts';
import { isClosed } from './mysql-close.ts';
import { dumpCommand, type Part } from './mysql-dump.ts';
import { look, mustBeOurs, noDatabase } from './mysql-look.ts';
import { wholeDatabaseMs } from './patience.ts';

interface Server {
  readonly client: MysqlClient;
  readonly machine: Machine;
  /** As the site that is loaded. */
  loading<T>(into: SiteDatabase, action: (load: Programs) => Promise<T>): Promise<T>;
}

interface Table {
  readonly name: string;
  readonly bytes: number;
  /** All that can be inserted: those that are computed and those that are hidden from `*` are named, too. */
  readonly columns: string;
}

/** What the database holds. */
interface Source {
  readonly characterSet: string;
  readonly collation: string;
  readonly isMaria: boolean;
  readonly tables: readonly Table[];
  /** Of tables that cannot be copied row by row: sequences, tables that keep their history or lie on another server. */
  readonly odd: readonly string[];
  readonly views: readonly string[];
  readonly programs: number;
}

/**
 * A database that is closed is copied by the server itself, table by table over two connections, which costs about half of a dump that
 * is loaded, for small ones a quarter. One that is open is dumped and loaded: rows that are copied elsewhere are locked, as long as it takes.
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
  const why = (await isClosed(client, from, found.accounts)) ? oddIn(source) : 'it is open';
  const empty = `create database ${identifier(to.name)} character set ${source.characterSet} collate ${source.collation}`;
  await client.run([`drop database if exists ${identifier(to.name)}`, empty], 'changes');
  if (why !== null) {
    await pipeDump(server, from, to, { emptied });
    return { way: `dumped and loaded, as ${why}` };
  }
  await copyTables(client, from.name, to.name, source, emptied);
  // Rows must not meet triggers, nor events act on half of them; and views may ask functions.
  if (source.programs > 0) await pipeDump(server, from, to, { words: ['--no-data', '--no-create-info'] });
  if (source.views.length > 0) await pipeDump(server, from, to, { words: onlyViews, tables: source.views });
  return { way: 'table by table within the server' };
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

async function copyTables(
  client: MysqlClient,
  from: string,
  to: string,
  source: Source,
  emptied: readonly string[],
): Promise<void> {
  const { tables, isMaria } = source;
  const at = (table: string): string => `${identifier(from)}.${identifier(table)}`;
  const shown = await client.run(
    tables.map(({ name }) => `show create table ${at(name)}`),
    'reads',
  );
  // Constraints of rows that are there already have been checked once; and a row with the number 0 keeps it.
  const begin = [
    "set session sql_mode = 'NO_AUTO_VALUE_ON_ZERO', foreign_key_checks = 0, innodb_strict_mode = 0",
    ...(isMaria ? ['set session check_constraint_checks = 0'] : []),
    `use ${identifier(to)}`,
  ];
  const make = shown.map(([, statement = '']) => statement);
  const more = { timeoutMs: wholeDatabaseMs };
  await client.run([...begin, ...make], 'changes', more);
  const filled = tables.filter(({ name }) => !emptied.length || !hasName(name, emptied));
  const insert = ({ name, columns }: Table): string =>
    `insert into ${identifier(name)} (${columns}) select ${columns} from ${at(name)}`;
  const parts = inParts(filled).map((part) => [...begin, 'set autocommit = 0', ...part.map(insert), 'commit']);
  // Nothing goes on behind the back of who is told that it failed.
  const ends = await Promise.allSettled(parts.map((part) => client.run(part, 'changes', more)));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
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

async function readSource(client: MysqlClient, database: string): Promise<Source> {
  const rows = await client.run(sourceStatements(literal(database)), 'reads');
  const of = (kind: string): readonly (readonly string[])[] =>
    rows.flatMap(([is, ...rest]) => (is === kind ? [rest] : []));
  const columns = new Map(of('columns').map(([table = '', names = '']) => [table, names]));
  const all = of('table').map(([name = '', type = '', engine = '', bytes = '']) => ({
    ...{ name, type, bytes: Number(bytes) },
    isOdd: !/^(VIEW|SYSTEM VIEW)$/.test(type) && !(type === 'BASE TABLE' && plainEngines.has(engine.toLowerCase())),
  }));
  const [[characterSet = '', collation = '', version = '', programs = '0'] = []] = of('database');
  return {
    ...{ characterSet, collation, programs: Number(programs), isMaria: /maria/i.test(version) },
    tables: all.flatMap(({ name, type, bytes, isOdd }) =>
      type === 'BASE TABLE' && !isOdd ? [{ name, bytes, columns: columns.get(name) ?? '' }] : [],
    ),
    odd: all.flatMap(({ name, isOdd }) => (isOdd ? [name] : [])),
    views: all.flatMap(({ name, type }) => (type === 'VIEW' ? [name] : [])),
  };
}

/** Those that keep rows of their own here. */
const plainEngines = new Set(['innodb', 'aria', 'myisam', 'memory', 'csv', 'archive', 'rocksdb']);

const oddIn = ({ odd }: Source): string | null =>
  odd.length === 0 ? null : `its table ${odd[0]} cannot be copied row by row`;

const sourceStatements = (name: string): readonly string[] => [
  'set session group_concat_max_len = 1048576',
  [
    "select 'database', default_character_set_name, default_collation_name, version(),",
    `(select count(*) from information_schema.triggers where trigger_schema = ${name}) +`,
    `(select count(*) from information_schema.routines where routine_schema = ${name}) +`,
    `(select count(*) from information_schema.events where event_schema = ${name})`,
    `from information_schema.schemata where schema_name = ${name}`,
  ].join(' '),
  `select 'table', table_name, table_type, engine, data_length + index_length from information_schema.tables where table_schema = ${name}`,
  [
    "select 'columns', table_name, group_concat('`', replace(column_name, '`', '``'), '`' order by ordinal_position)",
    `from information_schema.columns where table_schema = ${name} and extra not regexp 'GENERATED|VIRTUAL|PERSISTENT' group by table_name`,
  ].join(' '),
];
