import { randomBytes } from 'node:crypto';
import { availableParallelism, hostname, loadavg } from 'node:os';
import { dirname } from 'node:path';
import type { Environment } from './environment.ts';
import { openDatabase } from './hub/database.ts';
import { hubKey } from './hub/hub-key.ts';
import { migrate } from './hub/migrate.ts';
import { readSealKey } from './hub/seal.ts';
import { databaseUrl } from './hub-process.ts';
import { DryMachine } from './machine/dry.ts';
import { LocalMachine } from './machine/local.ts';
import { scanHostKeys } from './machine/ssh-connection.ts';
import { SshConnections } from './machine/ssh-connections.ts';
import { systemClock } from './model/clock.ts';
import { isLocal } from './model/server.ts';
import { Authority } from './services/acme/authority.ts';
import type { Catalog } from './tasks/catalog.ts';
import { work } from './worker/work.ts';

/** Takes tasks and does them, until `stop`; then finishes those in hand. */
export async function runWorker(environment: Environment, catalog: Catalog, stop: AbortSignal): Promise<void> {
  const url = await databaseUrl(environment);
  await migrate(url); // A worker may be up before any hub.
  const hub = openDatabase(url, { connectionsMax: environment.workerSlots * 2 + environment.workerRuns + 8 });
  const key = await readSealKey(environment.keyPath);
  const connections = new SshConnections(dirname(environment.socketPath), (await hubKey(hub.db, key)).private);
  // The random part: a worker that is started again must not take its own old claims for alive.
  const name = `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`;
  process.stdout.write(`worker ${name} takes ${environment.workerSlots} tasks at once\n`);
  await work(
    {
      ...{ name, hub, key, catalog, clock: systemClock, slots: environment.workerSlots },
      ...{ runs: environment.workerRuns, transfers: environment.transfers },
      openAcme: (account) => new Authority(account),
      openMachine: (server, hands) => (isLocal(server) ? new LocalMachine(hands) : connections.machine(server, hands)),
      scanHostKeys: (server, hands) => scanHostKeys(hands, server),
      dryMachine: (real, { log }) => new DryMachine(real, log),
      awayMaxMs: 10 * 60_000,
      busy: () => busy(environment.loadFactor),
    },
    stop,
  );
  await connections.close();
  await hub.close();
}

/** Old Aegir killed tasks when the load was high; here they wait. */
export function busy(loadFactor: number): string | null {
  const [load = 0] = loadavg();
  const most = availableParallelism() * loadFactor;
  return load > most ? `the load is ${load.toFixed(1)}, over ${most.toFixed(1)}` : null;
}
