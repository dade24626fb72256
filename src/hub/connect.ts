import pg from 'pg';
import { Problem } from '../model/problem.ts';

/** How a database is connected to. */
export interface DatabaseAddress {
  /** For a pool and for single connections alike. */
  readonly Client: typeof pg.Client;
  readonly connectionString: string;
}

/**
 * A database may be on one of several hosts, as libpq says it: 'postgres://aegir@db1,db2:5433/aegir?target_session_attrs=read-write'
 * (without that, the first that answers). The driver knows one host only, so it is chosen here, when a connection is made: the one that
 * was found last; when that one is gone, or is a standby, the next connection asks all of them.
 * Throws Problem 'invalid' for what is no address.
 */
export function databaseAddress(url: string): DatabaseAddress {
  const { hosts, at, readWrite } = parsed(url);
  const [first, second] = hosts;
  if (!first || (!second && !readWrite)) return { Client: pg.Client, connectionString: at(first) };
  const choice = new Choice(hosts, at, readWrite);
  class ChosenClient extends pg.Client {
    // The pool gives a callback, everybody else waits for the promise; the driver's types know them as two.
    override connect = ((callback?: (error: Error | null) => void): Promise<unknown> | undefined => {
      const connected = choice.connect(this, () => super.connect());
      if (!callback) return connected;
      connected.then(() => callback(null), callback);
      return undefined;
    }) as pg.Client['connect'];
  }
  return { Client: ChosenClient, connectionString: at(first) };
}

interface Host {
  readonly host: string;
  readonly port: number;
}

class Choice {
  readonly #hosts: readonly Host[];
  readonly #at: (host: Host) => string;
  readonly #readWrite: boolean;
  #found: Promise<Host> | undefined;

  constructor(hosts: readonly Host[], at: (host: Host) => string, readWrite: boolean) {
    this.#hosts = hosts;
    this.#at = at;
    this.#readWrite = readWrite;
  }

  async connect(client: pg.Client, connect: () => Promise<unknown>): Promise<void> {
    client.on('error', () => undefined); // What runs meanwhile rejects with the same.
    this.#found ??= this.#find();
    const found = this.#found;
    try {
      Object.assign(client, await found); // The driver reads both when it connects.
      await connect();
      if (this.#readWrite) await demandReadWrite(client);
    } catch (error) {
      if (this.#found === found) this.#found = undefined;
      client.end().catch(() => undefined); // half open: whether it can say goodbye does not matter
      throw error;
    }
  }

  /** All are asked at once: one that is switched off does not say so, and must not hold up who is there. */
  async #find(): Promise<Host> {
    try {
      return await Promise.any(this.#hosts.map((host) => this.#probe(host)));
    } catch (error) {
      const [first] = (error as AggregateError).errors as readonly unknown[]; // what Promise.any throws
      throw first;
    }
  }

  async #probe(host: Host): Promise<Host> {
    const client = new pg.Client({ connectionString: this.#at(host), connectionTimeoutMillis: probeMs });
    client.on('error', () => undefined); // as above
    try {
      await client.connect();
      if (this.#readWrite) await demandReadWrite(client);
      return host;
    } finally {
      client.end().catch(() => undefined);
    }
  }
}

const probeMs = 3000;

async function demandReadWrite(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ standby: boolean }>('select pg_is_in_recovery() as standby');
  if (rows[0]?.standby)
    // Like a server that starts up: whoever waits may ask again.
    throw Object.assign(new Error(`the database at ${client.host} is a standby`), { code: '57P03' });
}

interface Parsed {
  readonly hosts: readonly Host[];
  readonly readWrite: boolean;
  at(host: Host | undefined): string;
}

function parsed(url: string): Parsed {
  const [, scheme = '', user = '', places, path = '', query = ''] =
    /^(postgres(?:ql)?:\/\/)([^@/?#]*@)?([^/?#]*)(\/[^?#]*)?(?:\?(.*))?$/.exec(url) ?? [];
  if (places === undefined) throw notAnAddress();
  const options = new URLSearchParams(query);
  const wanted = options.get('target_session_attrs') ?? 'any';
  options.delete('target_session_attrs');
  if (!['any', 'read-write', 'primary'].includes(wanted) || options.get('host')?.includes(',')) throw notAnAddress();
  const hosts = options.has('host') || places === '' ? [] : places.split(',').map(hostIn);
  const rest = `${path}${options.size > 0 ? `?${options}` : ''}`;
  return {
    hosts,
    readWrite: wanted !== 'any',
    at: (host) => `${scheme}${user}${host ? `${inUrl(host.host)}:${host.port}` : places}${rest}`,
  };
}

function hostIn(place: string): Host {
  const [, host = '', port = '5432'] = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(place) ?? [];
  if (host === '') throw notAnAddress();
  return { host: decodeURIComponent(host.replace(/^\[|\]$/g, '')), port: Number(port) };
}

const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : encodeURIComponent(host));

const notAnAddress = (): Problem =>
  new Problem('invalid', 'DATABASE_URL is not an address of a PostgreSQL', {
    hint: "Like: postgres://aegir@db1,db2/aegir?target_session_attrs=read-write ('any' or 'read-write'). See docs/postgresql.md.",
  });
