import { builtIn } from '../../src/built-in.ts';
import { readEnvironment } from '../../src/environment.ts';
import { openDatabase } from '../../src/hub/database.ts';
import { migrate } from '../../src/hub/migrate.ts';
import { readSealKey } from '../../src/hub/seal.ts';
import { databaseUrl } from '../../src/hub-process.ts';
import { DryMachine } from '../../src/machine/dry.ts';
import { scanHostKeys } from '../../src/machine/ssh-connection.ts';
import { systemClock } from '../../src/model/clock.ts';
import { Authority } from '../../src/services/acme/authority.ts';
import { work } from '../../src/worker/work.ts';
import { WorldConnection, WorldMachine } from './world-server.ts';

/** A worker as worker-process.ts starts it, but its server is the simulated one behind AEGIR_TEST_WORLD. */
const environment = readEnvironment(process.env);
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
const world = new WorldConnection(process.env['AEGIR_TEST_WORLD'] ?? '');
const url = await databaseUrl(environment);
await migrate(url); // A worker may be up before any hub.
const hub = openDatabase(url);
await work(
  {
    ...{ hub, catalog: builtIn, clock: systemClock, slots: environment.workerSlots, runs: 1, busy: () => null },
    name: `w${process.pid}`,
    transfers: environment.transfers,
    awayMaxMs: 0,
    key: await readSealKey(environment.keyPath),
    openAcme: (account) => new Authority(account),
    openMachine: (_, hands) => new WorldMachine(hands, world),
    scanHostKeys: (server, hands) => scanHostKeys(hands, server),
    dryMachine: (real, { log }) => new DryMachine(real, log),
  },
  stop.signal,
);
world.close();
await hub.close();
process.exit(0);
