import { randomBytes } from 'node:crypto';
import { availableParallelism, hostname, loadavg } from 'node:os';
import type { Environment } from './environment.ts';
import { openDatabase } from './hub/database.ts';
import { migrate } from './hub/migrate.ts';
import { readSealKey } from './hub/seal.ts';
import { databaseUrl } from './hub-process.ts';
import { DryMachine } from './machine/dry.ts';
import type { Hands } from './machine/hands.ts';
import { LocalMachine } from './machine/local.ts';
import type { Machine } from './machine/machine.ts';
import { SshMachine } from './machine/ssh.ts';
import { systemClock } from './model/clock.ts';
import type { Server } from './model/server.ts';
import type { Catalog } from './tasks/catalog.ts';
import { work } from './worker/work.ts';

/** Takes tasks and does them, until `stop`; then finishes those in hand. */
export async function runWorker(environment: Environment, catalog: Catalog, stop: AbortSignal): Promise<void> {
  const url = await databaseUrl(environment);
  await migrate(url); // A worker may be up before any hub.
  const hub = openDatabase(url, { connectionsMax: environment.workerSlots * 2 + environment.workerRuns + 8 });
  const key = await readSealKey(environment.keyPath);
  // The random part: a worker that is started again must not take its own old claims for alive.
  const name = `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`;
  process.stdout.write(`worker ${name} takes ${environment.workerSlots} tasks at once\n`);
  await work(
    {
      ...{ name, hub, key, catalog, clock: systemClock, slots: environment.workerSlots },
      ...{ runs: environment.workerRuns, transfers: environment.transfers },
      openMachine: (server, hands) => openMachine(environment, server, hands),
      dryMachine: (real, { log }) => new DryMachine(real, log),
      busy: () => busy(environment.loadFactor),
    },
    stop,
  );
  await hub.close();
}

function openMachine({ stateDirectory }: Environment, { host }: Server, hands: Hands): Machine {
  if (host === 'localhost') return new LocalMachine(hands);
  return new SshMachine(hands, {
    target: `aegir@${host}`,
    keyPath: `${stateDirectory}/ssh/id_ed25519`,
    knownHostsPath: `${stateDirectory}/ssh/known_hosts`,
    controlPath: `${stateDirectory}/ssh/%C`,
  });
}

/** Old Aegir killed tasks when the load was high; here they wait. */
function busy(loadFactor: number): string | null {
  const [load = 0] = loadavg();
  const most = availableParallelism() * loadFactor;
  return load > most ? `the load is ${load.toFixed(1)}, over ${most.toFixed(1)}` : null;
}
