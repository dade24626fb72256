import assert from 'node:assert/strict';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { testHub } from '../../tests/kit/hub.ts';
import { temporaryDirectory } from '../../tests/kit/postgres.ts';
import { connect } from '../api/call.ts';
import { overSocket } from '../cli/connection.ts';
import type { HubDatabase } from './database.ts';
import { serve } from './listen.ts';

const address = '127.0.0.1';

test('through the socket no token is needed, and only its owner can open it; over TCP one is', async (t) => {
  const { hub } = await testHub(t);
  const socketPath = join(await temporaryDirectory(t), 'hub.sock');
  const listening = await serve(hub, { address, port: 0, socketPath });
  t.after(() => listening.close());
  assert.equal((await stat(socketPath)).mode & 0o777, 0o600);
  const { version } = await connect(overSocket(socketPath))('status', {});
  assert.equal(version, hub.version);
  assert.equal((await fetch(`${listening.url}/api/status`)).status, 401);
});

test('a socket that a killed hub left is taken over; one that answers is not', async (t) => {
  const { hub } = await testHub(t);
  const directory = await temporaryDirectory(t);
  const stale = join(directory, 'stale.sock');
  await writeFile(stale, '');
  const first = await serve(hub, { address, port: 0, socketPath: stale });
  t.after(() => first.close());
  await assert.rejects(serve(hub, { address, port: 0, socketPath: stale }), { code: 'conflict' });
  await connect(overSocket(stale))('status', {});
});

test('a port that is taken is a problem with a hint, and nothing stays open', async (t) => {
  const { hub } = await testHub(t);
  const other = createServer().listen(0, address);
  await new Promise((resolve) => other.once('listening', resolve));
  t.after(() => other.close());
  const bound = other.address();
  assert.ok(typeof bound === 'object' && bound);
  const socketPath = join(await temporaryDirectory(t), 'hub.sock');
  await assert.rejects(serve(hub, { address, port: bound.port, socketPath }), { code: 'conflict' });
  await assert.rejects(connect(overSocket(socketPath))('status', {}), { code: 'server-unreachable' });
});

test('a hub that stops ends the streams that are open', async (t) => {
  const { hub, good } = await testHub(t);
  await good('POST', '/api/servers', { name: 'master' });
  const directory = await temporaryDirectory(t);
  await mkdir(join(directory, 'run'));
  const socketPath = join(directory, 'run', 'hub.sock');
  const listening = await serve(hub, { address, port: 0, socketPath });
  const response = await overSocket(socketPath)('/api/tasks/1/stream', {});
  const reader = response.body?.getReader();
  assert.ok(reader);
  await reader.read();
  await listening.close();
  await assert.rejects(async () => {
    while (!(await reader.read()).done);
  });
});

test('a reader that goes away in the middle of a stream leaves nothing behind', async (t) => {
  const made = await testHub(t);
  await made.good('POST', '/api/servers', { name: 'master' });
  const ended = Promise.withResolvers<void>();
  const listen: HubDatabase['listen'] = async (...args) => {
    const unlisten = await made.hub.database.listen(...args);
    return async () => {
      await unlisten();
      ended.resolve();
    };
  };
  const socketPath = join(await temporaryDirectory(t), 'hub.sock');
  const hub = { ...made.hub, database: { ...made.hub.database, listen } };
  const listening = await serve(hub, { address, port: 0, socketPath });
  t.after(() => listening.close());
  const leave = new AbortController();
  const response = await overSocket(socketPath)('/api/tasks/1/stream', { signal: leave.signal });
  const reader = response.body?.getReader();
  assert.ok(reader);
  await reader.read();
  leave.abort();
  await ended.promise;
});
