import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LocalMachine } from '../../src/machine/local.ts';
import { MemoryMachine } from '../../src/machine/memory.ts';
import type { TaskEvent } from '../../src/model/event.ts';
import { serverPaths } from '../../src/model/server.ts';
import { bind } from '../../src/services/dns/bind.ts';
import type { Dns } from '../../src/services/dns/dns.ts';
import type { Engine } from '../../src/services/engine.ts';
import { bind as simulatedBind } from '../../src/simulation/bind.ts';
import { simulatedWorld } from '../../src/simulation/world.ts';
import type { DnsBench } from './dns-contract.ts';
import { foreignRecords, type PrivateDns, zonesThere } from './dns-servers.ts';
import { openDirectory } from './web.ts';

function recorder() {
  const events: TaskEvent[] = [];
  const log = { append: async (event: TaskEvent) => void events.push(event) };
  const hands = { name: 'localhost', log, claim: new AbortController().signal };
  return { hands, told: () => events.map((event) => JSON.stringify(event)).join('\n') };
}

export interface RealDnsBench extends DnsBench {
  readonly server: PrivateDns;
}

/** A private server, gone when `action` ends. */
export async function onRealDns(
  engine: Engine,
  start: (directory: string) => Promise<PrivateDns>,
  action: (bench: RealDnsBench) => Promise<void>,
): Promise<void> {
  const directory = await openDirectory('aegir-dns');
  const paths = serverPaths(join(directory.path, 'aegir'), 'master');
  await mkdir(paths.config, { recursive: true });
  const server = await start(directory.path);
  try {
    const { hands, told } = recorder();
    const machine = new LocalMachine(hands);
    await action({
      ...{ machine, told, server, secret: server.secret },
      // The engine's type is dns, so this is what it opens.
      open: (options = {}, on = machine) =>
        engine.open({ machine: on, paths }, { ...server.options, ...options }) as Dns,
      all: async () => (await Promise.all(zonesThere.map((zone) => server.all(zone)))).flat(),
    });
  } finally {
    await server.stop();
    await directory.remove();
  }
}

/** BIND in memory. */
export async function onSimulatedDns(action: (bench: DnsBench) => Promise<void>): Promise<void> {
  const world = simulatedWorld([simulatedBind(zonesThere, foreignRecords)]);
  const { hands, told } = recorder();
  const machine = new MemoryMachine(hands, world);
  const secret = 'c2VjcmV0';
  await action({
    ...{ machine, told, secret },
    open: (options = {}, on = machine) =>
      bind.open(
        { machine: on, paths: serverPaths('/var/aegir', 'master') },
        { keyName: 'aegir', keySecret: secret, ...options },
      ) as Dns,
    all: async () =>
      (world.states.get('bind')?.() ?? '').split('\n').map((line) => line.replace(/^(\S+) \d+ IN /, '$1 ')),
  });
}
