import { literal, type MysqlClient } from './mysql-client.ts';

export interface Table {
  readonly name: string;
  readonly isInnodb: boolean;
  readonly bytes: number;
  /** All that can be inserted: those that are computed and those that are hidden from `*` are named, too. */
  readonly columns: string;
}

/** With the statement that makes it. */
export interface MadeTable extends Table {
  readonly make: string;
}

/** What the database holds. */
export interface Source {
  readonly characterSet: string;
  readonly collation: string;
  readonly isMaria: boolean;
  /** Where the server keeps its files, in a directory for each database. */
  readonly dataDirectory: string;
  readonly tables: readonly Table[];
  /** Of tables that cannot be copied row by row: sequences, tables that keep their history or lie on another server. */
  readonly odd: readonly string[];
  readonly views: readonly string[];
  readonly programs: number;
}

export async function readSource(client: MysqlClient, database: string): Promise<Source> {
  const rows = await client.run(sourceStatements(literal(database)), 'reads');
  const of = (kind: string): readonly (readonly string[])[] =>
    rows.flatMap(([is, ...rest]) => (is === kind ? [rest] : []));
  const columns = new Map(of('columns').map(([table = '', names = '']) => [table, names]));
  const all = of('table').map(([name = '', type = '', engine = '', bytes = '']) => ({
    ...{ name, type, bytes: Number(bytes), isInnodb: engine.toLowerCase() === 'innodb' },
    isOdd: !/^(VIEW|SYSTEM VIEW)$/.test(type) && !(type === 'BASE TABLE' && plainEngines.has(engine.toLowerCase())),
  }));
  const [[characterSet = '', collation = '', version = '', dataDirectory = '', programs = '0'] = []] = of('database');
  return {
    ...{
      characterSet,
      collation,
      programs: Number(programs),
      isMaria: /maria/i.test(version),
      dataDirectory: dataDirectory.replace(/\/$/, ''),
    },
    tables: all.flatMap(({ name, type, bytes, isInnodb, isOdd }) =>
      type === 'BASE TABLE' && !isOdd ? [{ name, bytes, isInnodb, columns: columns.get(name) ?? '' }] : [],
    ),
    odd: all.flatMap(({ name, isOdd }) => (isOdd ? [name] : [])),
    views: all.flatMap(({ name, type }) => (type === 'VIEW' ? [name] : [])),
  };
}

/** Those that keep rows of their own here. */
const plainEngines = new Set(['innodb', 'aria', 'myisam', 'memory', 'csv', 'archive', 'rocksdb']);

export const oddIn = ({ odd }: Source): string | null =>
  odd.length === 0 ? null : `its table ${odd[0]} cannot be copied row by row`;

const sourceStatements = (name: string): readonly string[] => [
  'set session group_concat_max_len = 1048576',
  [
    "select 'database', default_character_set_name, default_collation_name, version(), @@datadir,",
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
