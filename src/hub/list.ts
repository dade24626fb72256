import { type Kysely, type RawBuilder, sql } from 'kysely';
import { time } from '../api/text.ts';
import { Problem } from '../model/problem.ts';
import type { Tables } from './tables.ts';

/** A list with its order: pages go on behind the last row by these keys, so rows that come or go shift nothing. */
export interface List {
  readonly columns: RawBuilder<unknown>;
  readonly from: RawBuilder<unknown>;
  /** All must hold; null is no condition. */
  readonly where: readonly (RawBuilder<unknown> | null)[];
  /** Together unique. */
  readonly keys: readonly [Key, ...Key[]];
  readonly descending?: boolean;
}
interface Key {
  /** Never null: what is compared with null is neither before nor behind. */
  readonly column: string | RawBuilder<unknown>;
  readonly type: 'text' | 'bigint' | 'timestamptz';
}

/** The keys of a list that is asked for in another order: 'name', '-name'. What is alike in it keeps the list's own. */
export function sorted<Sort extends string>(
  list: Pick<List, 'keys' | 'descending'>,
  sorts: { readonly [One in Sort]: Key },
  sort: Sort | `-${Sort}` | undefined,
): Pick<List, 'keys' | 'descending'> {
  if (sort === undefined) return list;
  const descending = sort.startsWith('-');
  const key = sorts[(descending ? sort.slice(1) : sort) as Sort]; // The endpoint's schema knows no others.
  return { keys: [key, ...list.keys.filter(({ column }) => column !== key.column)], descending };
}

/** A time that may be absent: then it is before all others. */
export const maybeTime = (column: string): Key => ({
  column: sql`coalesce(${sql.ref(column)}, '-infinity')`,
  type: 'timestamptz',
});
/** A word that may be absent. */
export const maybeText = (column: string): Key => ({ column: sql`coalesce(${sql.ref(column)}, '')`, type: 'text' });
const expression = ({ column }: Key): RawBuilder<unknown> => (typeof column === 'string' ? sql.ref(column) : column);

export const byName = (table: string): readonly [Key, Key] => [
  { column: `${table}.name`, type: 'text' },
  { column: `${table}.id`, type: 'bigint' },
];

export interface Page<Row> {
  readonly items: readonly Row[];
  readonly next: string | null;
  readonly total: number;
}

/** One page and the total. Throws Problem 'invalid' for an `after` that no page gave out. */
export async function listPage<Row>(
  db: Kysely<Tables>,
  { columns, from, where, keys, descending = false }: List,
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
): Promise<Page<Row>> {
  const all = where.filter((condition) => condition !== null);
  const filtered = all.length === 0 ? sql`true` : sql.join(all, sql` and `);
  const key = sql.join(keys.map(expression));
  const behind =
    after === undefined ? sql`true` : sql`(${key}) ${sql.raw(descending ? '<' : '>')} (${position(after, keys)})`;
  const order = sql.join(keys.map((one) => sql`${expression(one)} ${sql.raw(descending ? 'desc' : 'asc')}`));
  const { rows } = await sql<Row & { readonly cursor: readonly string[] }>`
    select ${columns}, array[${sql.join(keys.map((one) => sql`(${expression(one)})::text`))}] as cursor
    from ${from} where ${filtered} and ${behind} order by ${order} limit ${limit + 1}`.execute(db);
  const { rows: counted } = await sql<{ total: number }>`
    select count(*)::int as total from ${from} where ${filtered}`.execute(db);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const next = rows.length > limit && last ? encoded(last.cursor) : null;
  return { items: items.map(({ cursor: _, ...row }) => row as Row), next, total: counted[0]?.total ?? 0 }; // Row is what remains
}

function position(after: string, keys: readonly Key[]): RawBuilder<unknown> {
  const values = decoded(after);
  if (values.length !== keys.length || !keys.every(({ type }, at) => isOf(type, values[at] ?? ''))) throw notGivenOut();
  return sql.join(keys.map(({ type }, at) => sql`${values[at]}::${sql.raw(type)}`));
}

function isOf(type: Key['type'], value: string): boolean {
  if (type === 'text') return true;
  if (type === 'bigint') return value === '0' || isId(value);
  return value === '-infinity' || isWrittenTime(value);
}

/** As PostgreSQL writes it, which says no minutes of a zone that has none. */
function isWrittenTime(value: string): boolean {
  const [, date, clock, zone, minutes = ':00'] = /^(\S+) ([\d:.]{8,15})([+-]\d\d)(:\d\d)?$/.exec(value) ?? [];
  return time.safeParse(`${date}T${clock}${zone}${minutes}`).success;
}

const notGivenOut = (): Problem =>
  new Problem('invalid', 'the list cannot go on from there', {
    hint: 'Give what the page before answered as `next`.',
    fields: [{ path: 'after', message: 'is not what a page gave out' }],
  });

/** The same of a list that was computed, sorted by `keysOf`: keys that come or go shift nothing. */
export function pageOf<Item>(
  all: readonly Item[],
  keysOf: (item: Item) => readonly [string, ...string[]],
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
): Page<Item> {
  const behind = after === undefined ? [] : decoded(after);
  if (after !== undefined && behind.length === 0) throw notGivenOut();
  const rest = all.filter((item) => isBehind(keysOf(item), behind));
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rest.length > limit && last ? encoded(keysOf(last)) : null, total: all.length };
}

function isBehind(keys: readonly string[], position: readonly string[]): boolean {
  const at = keys.findIndex((key, index) => key !== position[index]);
  return at >= 0 && (keys[at] ?? '') > (position[at] ?? '');
}

export const isId = (text: string): boolean => /^[1-9]\d{0,18}$/.test(text) && BigInt(text) < 2n ** 63n;

const encoded = (keys: readonly string[]): string => Buffer.from(JSON.stringify(keys)).toString('base64url');

function decoded(text: string): readonly string[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    const good = (part: unknown): part is string =>
      typeof part === 'string' && part.isWellFormed() && !part.includes('\0');
    return Array.isArray(parsed) && parsed.every(good) ? parsed : [];
  } catch {
    return []; // What is not JSON was not given out by us; the caller refuses it.
  }
}

/** Finds the text anywhere, in small or capital letters; what like takes for a joker is meant as it is. */
export const contains = (columns: readonly string[], q: string | undefined): RawBuilder<unknown> | null =>
  q === undefined
    ? null
    : sql`(${sql.join(
        columns.map((column) => sql`${sql.ref(column)} ilike ${`%${q.replace(/[\\%_]/g, '\\$&')}%`}`),
        sql` or `,
      )})`;

/** This value, or one of these. */
export function equals(column: string, value: unknown): RawBuilder<unknown> | null {
  if (value === undefined) return null;
  return Array.isArray(value) ? sql`${sql.ref(column)} in (${sql.join(value)})` : sql`${sql.ref(column)} = ${value}`;
}

/** Deleted rows are shown only to who asks for them. */
export const live = (table: string, status: string | readonly string[] | undefined): RawBuilder<unknown> =>
  equals(`${table}.status`, status) ?? sql`${sql.ref(`${table}.status`)} <> 'deleted'`;
