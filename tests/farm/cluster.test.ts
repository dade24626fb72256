import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { HubWithWorker } from '../kit/hub-with-worker.ts';
import { lab, onHost, script, tryOnHost } from '../kit/lab.ts';
import { addServer, labHub } from '../kit/lab-hub.ts';

const name = 'www.example.com';
const root = '/var/aegir/platforms/wp';
const uploads = `${root}/sites/${name}/files`;

/**
 * cluster1 works on web1 and publishes by web1 and web2, with the nginx of db2 in front of them. The database is on db1.
 */
async function clusterOf(t: TestContext): Promise<HubWithWorker> {
  const farm = await labHub(t, { awayMaxMs: 5 * 60_000 });
  const { call, done } = farm;
  await onHost('db2', ['systemctl', 'start', 'nginx']);
  t.after(() => onHost('db2', ['systemctl', 'stop', 'nginx']));
  const address = (await onHost('db2', ['hostname', '-I'])).trim();
  const web = (options: object) => [
    { type: 'http', engine: 'nginx', publishTo: 'servers' as const, options: { ...options } },
  ];
  await addServer(farm, 'web1', web({ proxies: [address] }));
  await addServer(farm, 'web2', web({ proxies: [address] }));
  await addServer(farm, 'db2', web({ publicAddresses: [address] }));
  await addServer(farm, 'db1', [{ type: 'db', engine: 'mysql' }]);
  const members = { members: ['web1', 'web2'], front: 'db2' };
  await addServer(farm, 'cluster1', [{ type: 'http', engine: 'cluster', options: members }], 'web1');
  const source = { type: 'debian', package: 'wordpress' } as const;
  await done((await call('platform create', { body: { name: 'wp', server: 'cluster1', root, source } })).task);
  return farm;
}

/** A client that asks the front from another machine, on and on, until it is told to stop. Answers how often which status came. */
async function asking(): Promise<() => Promise<Readonly<Record<string, number>>>> {
  await script('dns1', 'rm -f /tmp/stop /tmp/asked');
  const running = script('dns1', client, name);
  return async () => {
    await script('dns1', 'touch /tmp/stop');
    await running;
    const statuses = (await onHost('dns1', ['cat', '/tmp/asked'])).trim().split('\n');
    return Object.fromEntries([...Map.groupBy(statuses, (one) => one)].map(([one, all]) => [one, all.length]));
  };
}
const client = `while [ ! -e /tmp/stop ]; do
  curl --silent --output /dev/null --max-time 20 --write-out '%{http_code}\\n' --header "Host: $1" http://db2/ || true
done >/tmp/asked`;

const page = async (path = '/'): Promise<string> =>
  await onHost('dns1', ['curl', '--silent', '--max-time', '20', '--header', `Host: ${name}`, `http://db2${path}`]);

const isOn = async (host: string): Promise<boolean> =>
  (
    await tryOnHost(
      host,
      'sh',
      '-c',
      `[ -e ${root}/sites/${name} ] || grep -rq ${name} /var/aegir/config/server_${host}`,
    )
  ).code === 0;

test('a cluster publishes a site by two servers; one that fails, leaves or joins is not noticed by who asks', async (t) => {
  const farm = await clusterOf(t);
  const { call, done, waitFor } = farm;
  const verify = async () => done((await call('site task', { params: { name }, body: { name: 'site verify' } })).task);
  const members = async (...all: readonly string[]) => {
    const body = { options: { members: all } };
    const { tasks } = await call('service set', { params: { name: 'cluster1', type: 'http' }, body });
    for (const one of tasks) {
      const { status, problem } = await waitFor(one);
      assert.equal(status, 'done', JSON.stringify(problem));
    }
  };
  const body = { name, platform: 'wp', dbServer: 'db1', title: 'On a cluster', email: 'a@example.com' };
  await done((await call('site create', { body })).task);
  assert.match(await page(), /<title>[^<]*On a cluster/);
  for (const web of ['web1', 'web2'])
    assert.match(
      await onHost(web, ['curl', '--silent', '--header', `Host: ${name}`, 'http://127.0.0.1/']),
      /<title>[^<]*On a cluster/,
      web,
    );

  await t.test('what a visitor writes on one member is found by all who ask, and comes to the others', async () => {
    await script('web2', 'echo written on web2 >"$1/a.txt"; chown www-data:www-data "$1/a.txt"', uploads);
    for (let at = 0; at < 6; at++)
      assert.equal(
        await page(`/wp-content/uploads/a.txt`.replace('/wp-content/uploads', `/sites/${name}/files`)),
        'written on web2\n',
      );
    await verify();
    assert.equal(await onHost('web1', ['cat', `${uploads}/a.txt`]), 'written on web2\n');
    await script('web1', 'rm "$1/a.txt"', uploads);
    await verify();
    assert.equal(
      await onHost('web2', ['cat', `${uploads}/a.txt`]),
      'written on web2\n',
      'nothing is removed for being missing elsewhere',
    );
  });

  await t.test('one that loses its power', async () => {
    const stop = await asking();
    await page();
    await lab('cut', 'web2');
    for (let at = 0; at < 4; at++) assert.match(await page(), /On a cluster/);
    await lab('heal', 'web2');
    assert.deepEqual(Object.keys(await stop()), ['200']);
  });

  await t.test('one that leaves, and joins again', async () => {
    const stop = await asking();
    await members('web1');
    assert.equal(await isOn('web2'), false, 'nothing is left of the site');
    await members('web1', 'web2');
    assert.equal(await isOn('web2'), true);
    const statuses = await stop();
    assert.deepEqual(Object.keys(statuses), ['200']);
    console.log(`# asked ${statuses['200']} times while web2 left and joined again: no answer but 200`);
    assert.match(await page(), /On a cluster/);
  });

  const deleted = await call('site task', {
    params: { name },
    body: { name: 'site delete', args: { force: true, backup: false } },
  });
  await done(deleted.task);
  for (const host of ['web1', 'web2', 'db2']) assert.equal(await isOn(host), false, host);
});
