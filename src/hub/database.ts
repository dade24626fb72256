import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Json } from '../model/json.ts';
import { databaseAddress } from './connect.ts';
import { Listener } from './listener.ts';
import type { Tables } from './tables.ts';

/**
 * The hub's database.
 * - `db`: Kysely. Its builder speaks camelCase (`db.selectFrom('packageOnSite').select('siteId')`). In raw sql you write
 *   snake_case, as the text is sent as it is; the rows it answers have camelCase keys:
 *   `const { rows } = await sql<{ runAt: Date }>`select run_at from task where id = ${id}`.execute(db)`.
 *   Keys inside of jsonb are never touched.
 * - `pool`: plain pg, all in snake_case.
 * - bigint (ids, count(*)) is a string, timestamptz a Date, bytea a Buffer, text[] an array. jsonb is read as a value and
 *   written with `jsonb(value)`.
 * - `listen`: resolves when LISTEN is in force, so what is committed from then on is told; read after that and nothing is
 *   missed. Answers a function that ends it. Lost connections come back by themselves, see `onReconnect`.
 * - `close`: ends all; a process exits after it.
 */
export interface HubDatabase {
  readonly db: Kysely<Tables>;
  readonly pool: pg.Pool;
  listen(channel: string, onNotify: (payload: string) => void, onReconnect?: () => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Connects when it is first used. A statement ends after 30 s, a transaction that does nothing after 60 s. */
export function openDatabase(url: string, { connectionsMax = 10 }: { connectionsMax?: number } = {}): HubDatabase {
  const { Client, connectionString } = databaseAddress(url);
  const config = { connectionString, application_name: 'aegir' };
  const pool = new pg.Pool({
    ...config,
    Client,
    max: connectionsMax,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 60_000,
    keepAlive: true,
  });
  // An idle connection was lost. The pool has dropped it already, and the next query opens another or says why not;
  // without a listener the process would end.
  pool.on('error', () => undefined);
  // The same for one that is lost between two statements of a transaction: the next statement says so.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const db = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  });
  const listener = new Listener(config, Client);
  return {
    db,
    pool,
    listen: (channel, onNotify, onReconnect = onNotifyNothing) => listener.listen(channel, { onNotify, onReconnect }),
    async close() {
      await listener.close();
      await db.destroy(); // ends the pool too
    },
  };
}

const onNotifyNothing = (): void => undefined;

/**
 * A value for a jsonb column. PostgreSQL takes no NUL and no half of a surrogate pair in one, and both are in the output of
 * programs: they become U+FFFD. (Given as it is, an array would be sent as an SQL array.)
 */
export const jsonb = (value: Json | object): string =>
  JSON.stringify(value).replace(/\\(\\|u0000|ud[89a-f][0-9a-f]{2})/g, (whole, what) =>
    what === '\\' ? whole : '\uFFFD',
  );
