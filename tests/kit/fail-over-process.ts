import { randomBytes } from 'node:crypto';
import { readEnvironment } from '../../src/environment.ts';
import { editionOf } from '../../src/hub/agent/edition.ts';
import { openDatabase } from '../../src/hub/database.ts';
import { migrate } from '../../src/hub/migrate.ts';
import { readSealKey } from '../../src/hub/seal.ts';
import { runHub } from '../../src/hub-process.ts';
import { DryMachine } from '../../src/machine/dry.ts';
import { MemoryMachine } from '../../src/machine/memory.ts';
import { systemClock } from '../../src/model/clock.ts';
import { Secret } from '../../src/model/secret.ts';
import { simulatedWorld } from '../../src/simulation/world.ts';
import { type Agent, workAsAgent } from '../../src/worker/agent.ts';
import { hubOverHttps } from '../../src/worker/over-https.ts';
import { work } from '../../src/worker/work.ts';
import { markingCatalog as catalog } from './fail-over-catalog.ts';

/** A hub, worker or agent of tests/fail-over.test.ts, in a process of its own, to be killed. Its servers are in memory and have nothing to do. */
const [kind] = process.argv.slice(2);
const version = 'test';
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
const world = simulatedWorld([]);
const hands: Pick<Agent, 'openMachine' | 'dryMachine' | 'openAcme' | 'scanHostKeys' | 'busy'> = {
  openMachine: (_, given) => new MemoryMachine(given, world),
  dryMachine: (real, { log }) => new DryMachine(real, log),
  openAcme: () => {
    throw new Error('no certificate is asked for here');
  },
  scanHostKeys: () => Promise.reject(new Error('no keys are pinned here')),
  busy: () => null,
};
const common = { catalog, clock: systemClock, transfers: '/nonexistent', awayMaxMs: 0, ...hands };

if (kind === 'hub') await runHub(readEnvironment(process.env), catalog, version, stop.signal);
else if (kind === 'worker') {
  const { databaseUrl = '', keyPath } = readEnvironment(process.env);
  await migrate(databaseUrl);
  const hub = openDatabase(databaseUrl);
  const key = await readSealKey(keyPath);
  await work(
    { ...common, hub, key, name: `w${process.pid}-${randomBytes(3).toString('hex')}`, slots: 4, runs: 1 },
    stop.signal,
  );
} else {
  const hubs = (process.env['AEGIR_HUBS'] ?? '').split(',');
  const credential = new Secret(process.env['AEGIR_TEST_CREDENTIAL'] ?? '');
  const instance = randomBytes(6).toString('hex');
  await workAsAgent(
    {
      ...{ ...common, name: `agent ${instance}`, slots: 4, graceMs: 0, edition: editionOf(version, catalog) },
      hub: hubOverHttps({ hubs, credential, instance, clock: systemClock }),
    },
    stop.signal,
  );
}
process.exit(0);
