import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { TaskEnding } from '../kit/hub-with-worker.ts';
import { onHost, script, tryOnHost } from '../kit/lab.ts';
import { bootstrap, labHub } from '../kit/lab-hub.ts';

const services = [{ type: 'http', engine: 'nginx' }];

async function freshServer(t: TestContext) {
  const farm = await labHub(t);
  const { call, waitFor } = farm;
  const { task } = await call('server create', { body: { name: 'web1', host: 'web1', services } });
  const verify = async () =>
    waitFor((await call('server task', { params: { name: 'web1' }, body: { name: 'server verify' } })).task);
  return { farm, first: await waitFor(task), verify };
}

test('a machine becomes a server by the script of the hub, run as root once or twice, and by nothing else', async (t) => {
  const { farm, first, verify } = await freshServer(t);
  assert.equal(first.status, 'failed');
  assert.match(first.problem?.message ?? '', /web1 \(web1\) does not let the hub log in with its key/);
  assert.equal(first.problem?.hint, 'On this machine run: aegir server bootstrap web1 | ssh root@web1 sh');

  const said = await bootstrap(farm, 'web1');
  assert.match(said, /wrote \/etc\/sudoers\.d\/aegir/);
  assert.equal(await bootstrap(farm, 'web1'), 'aegir: this machine is ready: aegir server verify web1\n');

  const verified = await verify();
  assert.equal(verified.status, 'done', JSON.stringify(verified.problem));
  const { hostKeys, status } = await farm.call('server get', { params: { name: 'web1' } });
  assert.equal(status, 'enabled');
  const shown = await script('web1', 'for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf "$key"; done');
  assert.deepEqual(
    hostKeys.map((key) => key.split(' ')[1]),
    shown
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[1]),
  );
});

test('the user aegir may run as root what the file names, and nothing besides', async (t) => {
  const { farm } = await freshServer(t);
  await bootstrap(farm, 'web1');
  const asAegir = (...words: readonly string[]) => tryOnHost('web1', 'runuser', '-u', 'aegir', '--', ...words);
  assert.equal((await asAegir('sudo', '-n', '/usr/sbin/nginx', '-t')).code, 0);
  assert.equal((await asAegir('sudo', '-n', '-u', 'www-data', 'cp', '--version')).code, 0);
  for (const words of [
    ['id'],
    ['sh'],
    ['/usr/sbin/nginx', '-c', '/tmp/x'],
    ['-u', 'www-data', 'php', '-v'],
    ['-u', 'mysql', 'cp', '-t', '/etc', '/var/lib/mysql/a/b.ibd'],
    ['-u', 'postgres', 'psql'],
  ])
    assert.match((await asAegir('sudo', '-n', ...words)).stderr, /a password is required/, words.join(' '));
  const keys = (await onHost('web1', ['cat', '/var/aegir/.ssh/authorized_keys'])).trim().split('\n');
  assert.equal(keys.length, 1, 'the key of the former hub has gone');
  assert.match(keys[0] ?? '', /^restrict ssh-ed25519 \S+ aegir-hub$/);
});

test('a server that shows another host key is not logged in to, until a person says that it was set up anew', async (t) => {
  const { farm, verify } = await freshServer(t);
  await bootstrap(farm, 'web1');
  assert.equal((await verify()).status, 'done');
  const before = await farm.call('server get', { params: { name: 'web1' } });

  const anew = 'rm /etc/ssh/ssh_host_*; ssh-keygen -q -A; systemctl restart ssh; pkill -u aegir sshd || true';
  await script('web1', anew);
  const refused = await verify();
  assert.equal(refused.status, 'failed');
  assert.match(refused.problem?.message ?? '', /web1 shows another host key than at its first verify/);
  assert.match(refused.problem?.hint ?? '', /aegir server set web1 --forget-host-keys/);

  const { task } = await farm.call('server set', { params: { name: 'web1' }, body: { forgetHostKeys: true } });
  const { changed } = await farm.done(task);
  const { hostKeys } = await farm.call('server get', { params: { name: 'web1' } });
  assert.notDeepEqual(hostKeys, before.hostKeys);
  assert.deepEqual(
    changed.filter((line) => line.startsWith('pinned')),
    hostKeys.map((key) => `pinned the host key ${key} of web1`),
  );
});

test('a server whose sshd listens on another port is found there, and believed anew', async (t) => {
  const { farm, verify } = await freshServer(t);
  await bootstrap(farm, 'web1');
  assert.equal((await verify()).status, 'done');
  const listen = (port: string): Promise<string> =>
    script('web1', 'echo "Port $1" >/etc/ssh/sshd_config.d/port.conf; systemctl restart ssh', port);
  t.after(() => script('web1', 'rm /etc/ssh/sshd_config.d/port.conf; systemctl restart ssh'));
  await listen('2222');
  const setPort = async (sshPort: number): Promise<TaskEnding> =>
    farm.waitFor((await farm.call('server set', { params: { name: 'web1' }, body: { sshPort } })).task);
  const wrong = await setPort(2200);
  assert.match(`${wrong.problem?.message} ${wrong.problem?.hint}`, /answer.* port 2200/);
  const { status, changed } = await setPort(2222);
  assert.equal(status, 'done');
  assert.ok(changed.some((line) => line.startsWith('pinned the host key')));
});
