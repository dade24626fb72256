import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Answer, Input } from '../../src/api/endpoints.ts';
import { hubKey } from '../../src/hub/hub-key.ts';
import { LocalMachine } from '../../src/machine/local.ts';
import { SshConnections } from '../../src/machine/ssh-connections.ts';
import { isLocal } from '../../src/model/server.ts';
import { type HubMore, type HubWithWorker, hubWithWorker } from './hub-with-worker.ts';
import { onHost } from './lab.ts';

/** A hub with a worker in this process, whose servers are hosts of the lab. */
export async function labHub(t: TestContext, more: HubMore = {}): Promise<HubWithWorker> {
  let connections: SshConnections | undefined;
  const farm = await hubWithWorker(t, {
    ...more,
    open: (hands, server) =>
      isLocal(server)
        ? new LocalMachine(hands)
        : (connections?.machine(server, hands) ?? assert.fail('opened too early')),
  });
  const { database, hub } = farm;
  const directory = await mkdtemp(join(tmpdir(), 's-'));
  connections = new SshConnections(directory, (await hubKey(database.db, hub.sealKey)).private);
  t.after(async () => {
    await connections.close();
    await rm(directory, { recursive: true, force: true });
  });
  return farm;
}

/** What a person does: the hub's script, as root on the new machine. Answers what it said. */
export async function bootstrap({ call }: HubWithWorker, name: string, host = name): Promise<string> {
  const { script } = await call('server bootstrap', { params: { name } });
  return onHost(host, ['sh'], script);
}

type Services = NonNullable<Input<'server create'>['body']['services']>;

/** The host as a server with these services, of the same name unless it is given, bootstrapped and verified. */
export async function addServer(
  farm: HubWithWorker,
  name: string,
  services: Services,
  host = name,
): Promise<Answer<'server get'>> {
  const { call } = farm;
  const { task } = await call('server create', { body: { name, host, services } });
  await bootstrap(farm, name, host);
  // Its first verify may have come too early.
  const { status } = await farm.waitFor(task);
  if (status !== 'done')
    await farm.done((await call('server task', { params: { name }, body: { name: 'server verify' } })).task);
  return call('server get', { params: { name } });
}
