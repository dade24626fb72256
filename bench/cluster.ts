import { join } from 'node:path';
import pg from 'pg';
import { migrate } from '../src/hub/migrate.ts';
import { startPostgres } from '../src/hub/postgres.ts';
import { readSealKey } from '../src/hub/seal.ts';
import type { Farm } from './programs.ts';
import type { Resources } from './resources.ts';

/** A private PostgreSQL as the hub starts it: durable, with its default settings. */
export interface Cluster {
  /** A database of its own with the hub's schema, and where its hub is to listen. */
  farm(name: string): Promise<Farm>;
}

export async function startCluster(resources: Resources): Promise<Cluster> {
  const directory = await resources.directory('hub');
  const postgres = await startPostgres({ stateDirectory: join(directory, 'pg') });
  resources.defer(() => postgres.stop());
  const keyPath = join(directory, 'key');
  await readSealKey(keyPath, { make: true });
  return {
    async farm(name) {
      await withClient(postgres.url, (client) => client.query(`create database ${pg.escapeIdentifier(name)}`));
      const url = new URL(postgres.url);
      url.pathname = `/${name}`;
      await migrate(url.href);
      return { databaseUrl: url.href, keyPath, socketPath: join(directory, `${name}.sock`) };
    },
  };
}

export async function withClient<T>(url: string, action: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await action(client);
  } finally {
    await client.end();
  }
}
