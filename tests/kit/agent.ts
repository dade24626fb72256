import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { sql } from 'kysely';
import { editionOf } from '../../src/hub/agent/edition.ts';
import { serve } from '../../src/hub/listen.ts';
import { DryMachine } from '../../src/machine/dry.ts';
import { MemoryMachine } from '../../src/machine/memory.ts';
import { systemClock } from '../../src/model/clock.ts';
import { Secret } from '../../src/model/secret.ts';
import { workAsAgent } from '../../src/worker/agent.ts';
import { hubOverHttps } from '../../src/worker/over-https.ts';
import { type HubWithWorker, type Kind, verifiedFarm, watched } from './hub-with-worker.ts';
import { temporaryDirectory } from './postgres.ts';

export interface FarmWithAgents extends HubWithWorker {
  /** Where the hub listens. */
  readonly url: string;
  readonly credential: string;
  /** A process of the agent of 'master', in this one; 'agent' for those who watch acts. */
  agent(more?: { readonly graceMs?: number; readonly credential?: string }): { stop(): Promise<void> };
}

/** A verified farm whose only server is another machine than the hub's, with a credential for its agent. */
export async function farmWithAgents(t: TestContext, kind: Kind): Promise<FarmWithAgents> {
  const stops: (() => Promise<void>)[] = [];
  // What is registered first runs first: agents end before their hub.
  t.after(async () => {
    for (const stop of stops.toReversed()) await stop();
  });
  const farm = await verifiedFarm(t, kind);
  await sql`update server set host = 'master.example.com'`.execute(farm.database.db);
  const directory = await temporaryDirectory(t, 'agents');
  const listening = await serve(farm.hub, { address: '127.0.0.1', port: 0, socketPath: `${directory}/hub.sock` });
  stops.push(() => listening.close());
  const { credential } = await farm.call('agent enrol', { params: { name: 'master' } });
  const agent: FarmWithAgents['agent'] = ({ graceMs = 0, credential: shown = credential } = {}) => {
    const stop = new AbortController();
    const to = { hubs: [listening.url], credential: new Secret(shown), clock: systemClock };
    const working = workAsAgent(
      {
        ...{ name: 'agent', catalog: farm.hub.catalog, slots: 2, transfers: '/nonexistent', graceMs, awayMaxMs: 0 },
        edition: editionOf(farm.hub.version, farm.hub.catalog),
        hub: hubOverHttps({ ...to, instance: randomBytes(6).toString('hex') }),
        clock: systemClock,
        openMachine: (_, hands) => watched(farm, 'agent', new MemoryMachine(hands, farm.world), hands.claim),
        dryMachine: (real, { log }) => new DryMachine(real, log),
        openAcme: () => {
          throw new Error('an agent asks no authority');
        },
        scanHostKeys: () => Promise.reject(new Error('an agent pins no keys')),
        busy: () => null,
      },
      stop.signal,
    );
    const end = async (): Promise<void> => {
      stop.abort();
      await working;
    };
    stops.push(end);
    return { stop: end };
  };
  return Object.assign(farm, { url: listening.url, credential, agent });
}
