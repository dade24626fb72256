import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { AgentEnvironment } from './environment.ts';
import { editionOf } from './hub/agent/edition.ts';
import { DryMachine } from './machine/dry.ts';
import { LocalMachine } from './machine/local.ts';
import { systemClock } from './model/clock.ts';
import { Problem } from './model/problem.ts';
import type { Secret } from './model/secret.ts';
import type { Catalog } from './tasks/catalog.ts';
import { workAsAgent } from './worker/agent.ts';
import { hubOverHttps } from './worker/over-https.ts';
import { busy } from './worker-process.ts';

/** Does the tasks of the server that it runs on, as a hub hands them out, until `stop`. It knows no database and no other server. */
export async function runAgent(
  { hubs, slots, loadFactor, graceMs, transfers }: AgentEnvironment,
  credential: Secret,
  catalog: Catalog,
  version: string,
  stop: AbortSignal,
): Promise<void> {
  const instance = randomBytes(6).toString('hex');
  process.stdout.write(`agent ${instance} takes ${slots} tasks at once from ${hubs.join(', ')}\n`);
  await workAsAgent(
    {
      ...{ name: `agent ${hostname()} ${instance}`, catalog, slots, transfers, graceMs, clock: systemClock },
      edition: editionOf(version, catalog),
      hub: hubOverHttps({ hubs, credential, instance, clock: systemClock }),
      openMachine: (_, hands) => new LocalMachine(hands),
      dryMachine: (real, { log }) => new DryMachine(real, log),
      openAcme: () => notHere('ask a certification authority'),
      scanHostKeys: () => notHere('pin host keys'),
      awayMaxMs: 0,
      busy: () => busy(loadFactor),
    },
    stop,
  );
}

const notHere = (what: string): never => {
  throw new Problem('bug', `an agent is not asked to ${what}`);
};
