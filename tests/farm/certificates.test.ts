import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { Input } from '../../src/api/endpoints.ts';
import { schedule } from '../../src/hub/scheduler.ts';
import { systemClock } from '../../src/model/clock.ts';
import { Authority } from '../../src/services/acme/authority.ts';
import type { HubWithWorker } from '../kit/hub-with-worker.ts';
import { lab, onHost, script, tryOnHost } from '../kit/lab.ts';
import { nameServer } from '../kit/lab-dns.ts';
import { addServer, labHub } from '../kit/lab-hub.ts';
import { type LabPebble, startLabPebble } from '../kit/lab-pebble.ts';
import { until } from '../kit/machines.ts';

const [shop, wild] = ['shop.example.com', 'any.wild.example.com'];
const nowhere = 'nowhere.example.org';
/** Long enough to be looked at; its last third begins after 50 s. */
const validSeconds = 75;

interface Farm extends HubWithWorker {
  readonly authority: LabPebble;
}

/** web1 with WordPress, its databases on db1, its names on dns1, and an authority on db2. */
async function farmOf(t: TestContext): Promise<Farm> {
  const key = { keyName: 'aegir', keySecret: randomBytes(32).toString('base64') };
  const dnsAddress = await nameServer('dns1', 'example.com', key.keySecret);
  await lab('dns', 'dns1');
  const authority = await startLabPebble('db2', `${dnsAddress}:53`, validSeconds);
  // What is registered first runs first: the scheduler ends before its database is gone.
  const stop = new AbortController();
  let scheduling: Promise<void> | undefined;
  t.after(async () => {
    stop.abort();
    await scheduling;
  });
  const farm = await labHub(t, { openAcme: (account) => new Authority(account) });
  t.after(() => authority.stop());
  const { call, done } = farm;
  const address = (await onHost('web1', ['hostname', '-I'])).trim();
  await addServer(farm, 'web1', [{ type: 'http', engine: 'nginx', options: { publicAddresses: [address] } }]);
  await addServer(farm, 'db1', [{ type: 'db', engine: 'mysql' }]);
  await addServer(farm, 'dns1', [{ type: 'dns', engine: 'bind', options: { ...key, ttlSeconds: 60 } }]);
  const source = { type: 'debian', package: 'wordpress' } as const;
  const body = { name: 'wp', server: 'web1', root: '/var/aegir/platforms/wp', source };
  await done((await call('platform create', { body })).task);
  for (const [name, value] of Object.entries({
    'acme.directory': authority.directory,
    'acme.trust': authority.trust,
    'acme.terms-agreed': true,
  }))
    await call('setting set', { params: { name }, body: { value } });
  for (const name of [shop, wild])
    await done((await call('site create', { body: { name, platform: 'wp', dbServer: 'db1', dns: 'dns1' } })).task);
  scheduling = schedule(farm.hub, systemClock, stop.signal);
  return { ...farm, authority };
}

/** What somebody on another host sees who trusts this authority alone: its title, or why there is none, and the certificate. */
async function visit(name: string): Promise<{ readonly page: string; readonly serial: string }> {
  const { stdout } = await tryOnHost('web2', 'sh', '-c', visitor, 'sh', name);
  const [serial = '', ...page] = stdout.trim().split('\n');
  return { serial, page: page.join(' ') };
}
const visitor = `openssl s_client -connect "$1:443" -servername "$1" -CAfile /root/root.pem -verify_return_error </dev/null 2>/dev/null |
  openssl x509 -noout -serial 2>/dev/null || echo 'no certificate'
curl --silent --show-error --max-time 20 --cacert /root/root.pem "https://$1/" --output /dev/null --write-out '%{http_code}' 2>&1`;

const setSite = async ({ call, done }: Farm, name: string, body: object): Promise<void> => {
  const { task } = await call('site set', { params: { name }, body });
  if (task) await done(task);
};

async function obtained({ call, done }: Farm, body: Input<'certificate create'>['body']): Promise<void> {
  const { task } = await call('certificate create', { body });
  await done(task ?? assert.fail('nothing was asked of the authority'));
}

/** The queue gives no certificate a turn before the last third of its life: its own rule, with a shorter period. */
async function renewed({ call }: Farm): Promise<void> {
  const before = new Map<string, string>();
  for (const name of [shop, wild]) before.set(name, (await visit(name)).serial);
  for (const name of ['shop', 'wild']) {
    const { renewAt } = await call('certificate get', { params: { name } });
    await until(() => Date.now() > Date.parse(renewAt ?? assert.fail('it is never renewed')));
  }
  await call('queue set', { params: { name: 'certificates' }, body: { every: '1m' } });
  for (const name of [shop, wild])
    await until(async () => {
      const { page, serial } = await visit(name);
      return page === '200' && serial !== before.get(name);
    });
}

test('certificates by file and by DNS of an authority in the farm: served, renewed, and one name that cannot be proven', async (t) => {
  const farm = await farmOf(t);
  const { call, authority } = farm;
  await onHost('web2', ['tee', '/root/root.pem'], await authority.root());
  for (const name of [shop, wild]) await setSite(farm, name, { tls: 'required' });
  assert.match((await visit(shop)).page, /self.signed/, 'until the first is there');

  await setSite(farm, shop, { aliases: [{ name: nowhere, redirect: false }] });
  await obtained(farm, { name: 'shop', sites: [shop] });
  const { covered, leftOut } = await call('certificate get', { params: { name: 'shop' } });
  assert.deepEqual(covered, [shop]);
  assert.deepEqual(
    leftOut.map(({ name }) => name),
    [nowhere],
  );
  assert.match(leftOut[0]?.why ?? '', /no name server answers for it/);
  assert.doesNotMatch(await authority.log(), /nowhere/, 'the authority was not asked');

  await obtained(farm, { name: 'wild', names: ['*.wild.example.com'], dns: 'dns1' });
  await setSite(farm, wild, { certificate: 'wild' });
  for (const name of [shop, wild]) await until(async () => (await visit(name)).page === '200');
  assert.equal(await script('dns1', 'dig @localhost _acme-challenge.wild.example.com TXT +short'), '');

  await renewed(farm);
});
