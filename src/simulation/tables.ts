import type { MemoryWorld } from '../machine/memory-world.ts';

/** What a simulated database holds: rows of one column by table. Values in the order they were inserted. */
export type Tables = Map<string, readonly string[]>;

/** By the driver of PHP: 'mysql', 'pgsql'. */
type Servers = Map<string, (database: string) => Tables | undefined>;
const servers = new WeakMap<MemoryWorld, Servers>();

function serversOf(world: MemoryWorld): Servers {
  const known: Servers = servers.get(world) ?? new Map();
  servers.set(world, known);
  return known;
}

/** A simulated server shows its databases to PHP of the same world. */
export const offerTables = (world: MemoryWorld, driver: string, find: (database: string) => Tables | undefined): void =>
  void serversOf(world).set(driver, find);

/** Undefined where the server has no such database. Without a server of this kind there is a database for whoever asks. */
export function tablesAt(world: MemoryWorld, driver: string, database: string): Tables | undefined {
  const known = serversOf(world);
  if (!known.has(driver)) {
    const all = new Map<string, Tables>();
    known.set(driver, (name) => all.set(name, all.get(name) ?? new Map()).get(name));
  }
  return known.get(driver)?.(database);
}

/**
 * The little SQL that a simulated site speaks: `create table notes (v varchar(100))`, `insert into notes values ('one')`,
 * `select v from notes [order by v]`, `delete from notes`. Null for anything else.
 */
export function askTables(tables: Tables, statement: string): readonly string[] | null {
  const [, made] = /^create table (\w+) \(v [^)]*\)\)?$/.exec(statement) ?? [];
  if (made !== undefined) {
    tables.set(made, []);
    return [];
  }
  const [, into = '', value] = /^insert into (\w+) values \('([^']*)'\)$/.exec(statement) ?? [];
  if (value !== undefined) {
    tables.set(into, [...(tables.get(into) ?? []), value]);
    return [];
  }
  const [, from, sorted] = /^select v from (\w+)( order by v)?$/.exec(statement) ?? [];
  if (from === undefined) return null;
  const values = tables.get(from) ?? [];
  return sorted ? values.toSorted() : values;
}

const mark = '-- a simulated dump\n';

export function dumpOf(tables: Tables, emptied: readonly string[]): string {
  const kept = [...tables].map(([name, values]) => [name, emptied.includes(name) ? [] : values]);
  return mark + JSON.stringify(kept.toSorted());
}

/** False for a text that is no dump. */
export function loadInto(tables: Tables, dump: string): boolean {
  if (!dump.startsWith(mark)) return false;
  const rows: readonly (readonly [string, readonly string[]])[] = JSON.parse(dump.slice(mark.length));
  for (const [name, values] of rows) tables.set(name, values);
  return true;
}

export const tablesText = (tables: Tables): string => JSON.stringify([...tables].toSorted());
