import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { lab, onHost, script, tryOnHost } from '../kit/lab.ts';

/** What a client sees of port 22: 'answers', or the code of its error. */
function port22(host: string): Promise<string> {
  return new Promise((done) => {
    const socket = connect({ host, port: 22, timeout: 1500 });
    const say = (what: string): void => {
      socket.destroy();
      done(what);
    };
    socket.once('data', () => say('answers'));
    socket.once('timeout', () => say('ETIMEDOUT'));
    socket.once('error', (error: NodeJS.ErrnoException) => say(error.code ?? String(error)));
  });
}

/** The same, seen from another host. */
const seenFrom = async (host: string, other: string): Promise<boolean> =>
  (await tryOnHost(host, 'timeout', '1.5', 'bash', '-c', 'read -r line <"/dev/tcp/$0/22"', other)).code === 0;

after(() => lab('heal', 'web1'));

test('lab: its hosts are servers of their own: name, address, disk, init, services', async () => {
  for (const [host, unit] of [
    ['web1', 'nginx'],
    ['db1', 'mariadb'],
    ['db2', 'postgresql'],
    ['dns1', 'named'],
  ] as const) {
    assert.equal((await onHost(host, ['hostname'])).trim(), host);
    assert.equal((await onHost(host, ['systemctl', 'is-active', unit])).trim(), 'active');
    assert.equal(await port22(host), 'answers');
  }
  await script('web1', 'echo mine > /root/mine');
  assert.notEqual((await tryOnHost('web2', 'cat', '/root/mine')).code, 0);
});

test('lab: a host that is cut off is silent, from all or from one, until it is healed', async () => {
  await lab('cut', 'web1', 'web2');
  assert.equal(await port22('web1'), 'answers');
  assert.equal(await seenFrom('web2', 'web1'), false);
  assert.equal(await seenFrom('db1', 'web1'), true);
  await lab('cut', 'web1');
  assert.equal(await port22('web1'), 'ETIMEDOUT');
  await lab('heal', 'web1');
  assert.equal(await port22('web1'), 'answers');
  assert.equal(await seenFrom('web2', 'web1'), true);
});

test('lab: one that loses its power comes back on its disk', async () => {
  await script('web2', 'echo kept > /root/kept; sync');
  await lab('kill', 'web2');
  assert.notEqual(await port22('web2'), 'answers');
  await lab('up', 'web2');
  assert.equal(await port22('web2'), 'answers');
  assert.equal((await onHost('web2', ['cat', '/root/kept'])).trim(), 'kept');
});
