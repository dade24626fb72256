import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** What LISTEN tells. Neither may throw. */
export interface Listening {
  onNotify(payload: string): void;
  /** The connection was lost and is back: what was notified meanwhile is gone, so read again. */
  onReconnect(): void;
}

const probeEveryMs = 30_000;
const delayMaxMs = 5000;

/** One connection of its own that listens on any number of channels, and comes back by itself. */
export class Listener {
  readonly #config: pg.ClientConfig;
  readonly #Client: typeof pg.Client;
  readonly #channels = new Map<string, Set<Listening>>();
  readonly #closing = new AbortController();
  #client: pg.Client | undefined;
  /** The driver wants one query at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(config: pg.ClientConfig, Client = pg.Client) {
    this.#Client = Client;
    // query_timeout: a connection that is dead without a word must be noticed by the probe.
    this.#config = { ...config, keepAlive: true, connectionTimeoutMillis: 10_000, query_timeout: 10_000 };
  }

  async listen(channel: string, listening: Listening): Promise<() => Promise<void>> {
    const all = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, all.add(listening));
    try {
      await this.#serially(async () => {
        const client = this.#client ?? (await this.#connect());
        await client.query(`listen ${pg.escapeIdentifier(channel)}`);
      });
    } catch (error) {
      all.delete(listening);
      throw error;
    }
    return async () => {
      all.delete(listening);
      if (all.size > 0) return;
      await this.#serially(async () => {
        if (all.size === 0) await this.#client?.query(`unlisten ${pg.escapeIdentifier(channel)}`);
      });
    };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#serially(async () => {
      const client = this.#client;
      this.#client = undefined;
      await client?.end();
    });
  }

  async #connect(): Promise<pg.Client> {
    const client = new this.#Client(this.#config);
    client.on('error', () => this.#lost(client));
    client.on('end', () => this.#lost(client));
    client.on('notification', ({ channel, payload = '' }) => {
      for (const listening of this.#channels.get(channel) ?? []) listening.onNotify(payload);
    });
    try {
      await client.connect();
      for (const channel of this.#channels.keys()) await client.query(`listen ${pg.escapeIdentifier(channel)}`);
    } catch (error) {
      client.end().catch(() => undefined); // half open: whether it can say goodbye does not matter
      throw error;
    }
    this.#client = client;
    this.#probe(client);
    return client;
  }

  #probe(client: pg.Client): void {
    const timer = setInterval(() => {
      if (client !== this.#client) return clearInterval(timer);
      this.#serially(() => client.query('select 1')).catch(() => this.#lost(client));
    }, probeEveryMs);
    timer.unref();
  }

  #lost(client: pg.Client): void {
    if (client !== this.#client) return;
    this.#client = undefined;
    // The connection is broken: whether it can still say goodbye does not matter.
    client.end().catch(() => undefined);
    if (!this.#closing.signal.aborted) void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    for (let delayMs = 50; !this.#closing.signal.aborted; delayMs = Math.min(delayMs * 2, delayMaxMs)) {
      try {
        await sleep(delayMs, undefined, { signal: this.#closing.signal });
        await this.#serially(async () => {
          if (!this.#client && !this.#closing.signal.aborted) await this.#connect();
        });
      } catch {
        // Not back yet. Whoever queries the pool meanwhile is told why.
        continue;
      }
      for (const all of this.#channels.values()) for (const listening of all) listening.onReconnect();
      return;
    }
  }

  #serially<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#last.then(action);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
