import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { listenersOn, mustBeFree } from './port.ts';

const hasIpv6 = existsSync('/proc/net/if_inet6');

async function listen(t: TestContext, host: string): Promise<number> {
  const server = createServer().listen(0, host);
  t.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port; // of a TCP server
}

for (const host of ['127.0.0.1', '::1'])
  test(`says which process listens on a port of ${host}`, { skip: host === '::1' && !hasIpv6 }, async (t) => {
    const port = await listen(t, host);
    const found = await listenersOn(port);
    assert.deepEqual(
      found.map(({ pid }) => pid),
      [process.pid],
    );
  });

test('a port in use is a problem that names the program and what to do', async (t) => {
  const port = await listen(t, '127.0.0.1');
  await assert.rejects(mustBeFree(port, ['nginx'], 'Choose another: ./up --port 8080'), {
    code: 'conflict',
    message: new RegExp(`^port ${port} is in use by .+ \\(process ${process.pid}\\)$`),
    hint: 'Choose another: ./up --port 8080',
  });
});

test('our own web server may hold its port, and a free port is free', async (t) => {
  const port = await listen(t, '127.0.0.1');
  const [us] = await listenersOn(port);
  await mustBeFree(port, [us!.program], '');
  await mustBeFree(1, [], '');
});
