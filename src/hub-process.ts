import { join } from 'node:path';
import type { Environment } from './environment.ts';
import { runBatches } from './hub/batch-run.ts';
import { openDatabase } from './hub/database.ts';
import { serve } from './hub/listen.ts';
import { migrate } from './hub/migrate.ts';
import { runNotifications } from './hub/notification/deliver.ts';
import { readPanel } from './hub/panel.ts';
import { startPostgres } from './hub/postgres.ts';
import { schedule } from './hub/scheduler.ts';
import { readSealKey } from './hub/seal.ts';
import { systemClock } from './model/clock.ts';
import { problemJson } from './model/problem.ts';
import type { Catalog } from './tasks/catalog.ts';

/** The external database, or our own, started or adopted. */
export async function databaseUrl({ databaseUrl, stateDirectory }: Environment): Promise<string> {
  return databaseUrl ?? (await startPostgres({ stateDirectory })).url;
}

/** Keeps the truth and answers for it, until `stop`. */
export async function runHub(
  environment: Environment,
  catalog: Catalog,
  version: string,
  stop: AbortSignal,
): Promise<void> {
  const url = await databaseUrl(environment);
  await migrate(url);
  const database = openDatabase(url);
  const sealKey = await readSealKey(environment.keyPath);
  const { transfers } = environment;
  const panel = await readPanel(join(import.meta.dirname, '../dist/ui'));
  const address = ownAddress(environment.listen);
  const hub = { database, sealKey, catalog, version, address, transfers, onBug };
  const listening = await serve(hub, { socketPath: environment.socketPath, ...environment.listen, panel });
  process.stdout.write(`the hub listens on ${environment.socketPath} and ${listening.url}\n`);
  const keeping = keepPostgres(environment, stop);
  await Promise.all([
    schedule(hub, systemClock, stop),
    runBatches(hub, systemClock, stop),
    runNotifications(hub, systemClock, stop),
  ]);
  await keeping;
  await listening.close();
  await database.close();
}

/** Browsers give 'localhost' powers that addresses of it have not: passkeys. */
function ownAddress({ address, port }: Environment['listen']): string {
  const isHere = /^(?:127(?:\.\d+){3}|0\.0\.0\.0|\[?::1?\]?|localhost)$/.test(address);
  return `http://${isHere ? 'localhost' : address}:${port}`;
}

const keepEveryMs = 2000;

/** Our own PostgreSQL outlives the hub; when it is killed, the hub starts it again. An external one is not ours to start. */
async function keepPostgres({ databaseUrl, stateDirectory }: Environment, stop: AbortSignal): Promise<void> {
  while (databaseUrl === undefined && !stop.aborted) {
    await systemClock.sleep(keepEveryMs, stop).catch(() => undefined); // ended early by `stop`
    if (stop.aborted) return;
    try {
      await startPostgres({ stateDirectory });
    } catch (error) {
      process.stderr.write(`PostgreSQL does not start: ${problemJson(error).message}\n`);
    }
  }
}

const onBug = (id: string, error: unknown): void => void process.stderr.write(`bug ${id}: ${stacks(error)}\n`);

/** With its causes; no other properties: PostgreSQL puts whole rows there. */
const stacks = (error: unknown): string =>
  error instanceof Error
    ? `${error.stack ?? error.message}${error.cause === undefined ? '' : `\nbecause ${stacks(error.cause)}`}`
    : String(error);
