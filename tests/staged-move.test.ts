import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { runStagedMoves } from '../src/hub/staged-move-run.ts';
import type { Command } from '../src/machine/command.ts';
import type { Hands } from '../src/machine/hands.ts';
import { LocalMachine } from '../src/machine/local.ts';
import type { Output } from '../src/machine/machine.ts';
import { MemoryMachine } from '../src/machine/memory.ts';
import { simulatedDrupal } from '../src/simulation/code.ts';
import { type PrivateDns, startNamed } from './kit/dns-servers.ts';
import { freshWorld, type HubWithWorker, installedSite, verifiedFarm } from './kit/hub-with-worker.ts';
import { onNginx } from './kit/looks.ts';
import { openDirectory } from './kit/web.ts';

// Servers in memory, and a real BIND that the world asks: what it may remember is what that one answers.

const exec = promisify(execFile);
const site = 'www.example.test';
const params = { name: site };
const at = (hours: number): Date => new Date(Date.now() + (hours * 60 + 1) * 60_000);

/** All but what asks and changes the DNS is in memory. */
class BesideRealDns extends MemoryMachine {
  readonly #hands: Hands;

  constructor(hands: Hands, world: MemoryMachine['world']) {
    super(hands, world);
    this.#hands = hands;
  }

  override run(command: Command): Promise<Output> {
    const isDns = ['dig', 'nsupdate'].includes(command.argv[0]);
    return isDns ? new LocalMachine(this.#hands).run(command) : super.run(command);
  }
}

/** `www.example.test` on `master`, reached at 192.0.2.1; p2 is published by web2, reached at 192.0.2.2. */
async function farmOn(
  t: TestContext,
  dns: (named: PrivateDns) => object,
  before: (named: PrivateDns) => Promise<void> = async () => {},
): Promise<{ readonly farm: HubWithWorker; readonly named: PrivateDns }> {
  const world = freshWorld();
  const farm = await verifiedFarm(t, onNginx, { world, open: (hands) => new BesideRealDns(hands, world) });
  const directory = await openDirectory('aegir-staged');
  const named = await startNamed(directory.path);
  t.after(async () => {
    await named.stop();
    await directory.remove();
  });
  await before(named);
  const { call, done } = farm;
  const options = { publicAddresses: ['192.0.2.1'] };
  await call('service set', { params: { name: 'master', type: 'http' }, body: { options } });
  const service = { type: 'dns', ...dns(named) } as { type: string; engine: string };
  await done((await call('service create', { params: { name: 'master' }, body: service })).task);
  const services = [{ type: 'http', engine: 'apache', options: { publicAddresses: ['192.0.2.2'] } }];
  await done((await call('server create', { body: { name: 'web2', root: '/var/second', services } })).task);
  const root = '/var/second/platforms/p2';
  simulatedDrupal(world, root);
  await done((await call('platform create', { body: { name: 'p2', server: 'web2', root } })).task);
  await installedSite(farm, site);
  return { farm, named };
}

/** Until nothing moves any more at that time. Answers where it is, and what the world is told: '60 192.0.2.1'. */
async function settled({ farm, named }: Awaited<ReturnType<typeof farmOn>>, hours: number): Promise<readonly string[]> {
  const { hub, call } = farm;
  for (;;) {
    await runStagedMoves(hub, at(hours));
    const { status, stage, task } = await call('staged-move get', { params });
    const { items } = await call('task list', { query: { status: ['queued', 'running'] } });
    if (items.length === 0 && (task === null || status !== 'running')) return [stage, await told(named)];
    if (task !== null) await farm.waitFor(task);
  }
}

async function told({ port }: PrivateDns): Promise<string> {
  const asked = ['@127.0.0.1', '-p', String(port), '+noall', '+answer', site, 'A'];
  const [, ttl, , , address] = (await exec('dig', asked)).stdout.trim().split(/\s+/);
  return `${ttl} ${address}`;
}

/** As whoever cares for the zone would. */
async function makeRecord({ port, secret }: PrivateDns, ttl: number, address: string): Promise<void> {
  const lines = [`update delete ${site}. A`, `update add ${site}. ${ttl} A ${address}`, 'send', ''];
  const running = exec('nsupdate', ['-v']);
  running.child.stdin?.end(
    [`key hmac-sha256:aegir ${secret}`, `server 127.0.0.1 ${port}`, 'zone example.test.', ...lines].join('\n'),
  );
  await running;
}

const create = ({ call }: HubWithWorker) =>
  call('staged-move create', { params, body: { platform: 'p2', keepOldSeconds: 0 } });

test('the world is told for a minute only while a site moves to another web server, and for an hour again after it', async (t) => {
  const world = await farmOn(t, ({ options }) => ({ engine: 'bind', options }));
  assert.equal(await told(world.named), '3600 192.0.2.1');
  await create(world.farm);
  assert.deepEqual(await settled(world, 0), ['wait', '60 192.0.2.1']);
  assert.deepEqual(await settled(world, 23), ['wait', '60 192.0.2.1']);
  assert.deepEqual(await settled(world, 25), ['watch', '60 192.0.2.2']);
  assert.equal((await world.farm.call('site get', { params })).platform, 'p2');
  await settled(world, 26);
  assert.deepEqual(await settled(world, 27), ['done', '3600 192.0.2.2']);
  assert.equal((await world.farm.call('site get', { params })).dnsTtl, null);
  // One that was given up leaves no trace.
  await world.farm.call('staged-move create', { params, body: { platform: 'p1', ttlSeconds: 120 } });
  assert.deepEqual(await settled(world, 28), ['wait', '120 192.0.2.2']);
  await world.farm.call('staged-move cancel', { params });
  assert.deepEqual(await settled(world, 28), ['cancelled', '3600 192.0.2.2']);
});

test('where a person makes the records, each stage waits until they are to be seen, and says which', async (t) => {
  const dns = ({ port }: PrivateDns) => ({ engine: 'null', options: { servers: ['127.0.0.1'], port } });
  const world = await farmOn(t, dns, (named) => makeRecord(named, 7200, '192.0.2.1'));
  const { call } = world.farm;
  const problem = async (): Promise<string> =>
    JSON.stringify((await call('staged-move get', { params })).problem ?? '');
  await create(world.farm);
  assert.deepEqual(await settled(world, 0), ['lower', '7200 192.0.2.1']);
  assert.match(await problem(), /its records may be remembered for 7200 s, and not 60/);
  await makeRecord(world.named, 60, '192.0.2.1');
  await call('staged-move resume', { params });
  assert.deepEqual(await settled(world, 0), ['wait', '60 192.0.2.1']);
  assert.deepEqual(await settled(world, 25), ['watch', '60 192.0.2.1']);
  assert.match(await problem(), /answers A 192\.0\.2\.1 for www\.example\.test, not A 192\.0\.2\.2/);
  await makeRecord(world.named, 60, '192.0.2.2');
  // It is watched from when they are seen.
  await call('staged-move resume', { params });
  assert.deepEqual(await settled(world, 0), ['watch', '60 192.0.2.2']);
  assert.deepEqual(await settled(world, 2), ['done', '60 192.0.2.2']);
});
