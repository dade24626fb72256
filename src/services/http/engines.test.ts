import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryMachine } from '../../machine/memory.ts';
import { serverPaths } from '../../model/server.ts';
import { apache as simulatedApache } from '../../simulation/apache.ts';
import { nginx as simulatedNginx } from '../../simulation/nginx.ts';
import { simulatedWorld } from '../../simulation/world.ts';
import { apache } from './apache.ts';
import { listenedIn } from './apache-main.ts';
import type { Http } from './http.ts';
import { nginx } from './nginx.ts';
import { nullHttp } from './null.ts';

const machineWith = (...programs: Parameters<typeof simulatedWorld>[0] & object): MemoryMachine =>
  new MemoryMachine(
    { name: 'localhost', log: { append: async () => {} }, claim: new AbortController().signal },
    simulatedWorld(programs),
  );
const paths = serverPaths('/var/aegir', 'master');

test('an engine finds its server with its version, or nothing', async () => {
  const machine = machineWith(simulatedNginx, simulatedApache);
  assert.equal((await nginx.detect?.(machine))?.version, '1.22.1');
  assert.equal((await apache.detect?.(machine))?.version, '2.4.71');
  for (const engine of [nginx, apache]) assert.equal(await engine.detect?.(machineWith()), null);
});

test('no option names a program, a path with a way up, or a port that is none', () => {
  for (const bad of [
    { port: 0 },
    { port: 65_536 },
    { tlsPort: 1.5 },
    { addresses: ['localhost'] },
    { addresses: ['1.2.3.4; include /etc/passwd'] },
    { configPath: 'relative' },
    { configPath: '/var/../etc' },
    { configPath: '/var/aegir/con fig' },
    { configPath: '/' },
    { uploadMegabytesMax: 0 },
  ])
    for (const engine of [nginx, apache])
      assert.throws(() => engine.open({ machine: machineWith(), paths }, bad), `${engine.name} ${JSON.stringify(bad)}`);
  const shape: Record<string, unknown> = nginx.options.parse({}) as Record<string, unknown>;
  assert.ok(!Object.keys(shape).some((name) => /program|binary|command/.test(name)));
});

test('on the system itself the exact commands of the sudoers file are run', async () => {
  for (const [engine, simulated, commands] of [
    [nginx, simulatedNginx, ['sudo -n /usr/sbin/nginx -t', 'sudo -n /usr/sbin/nginx -s reload']],
    [apache, simulatedApache, ['sudo -n /usr/sbin/apache2ctl configtest', 'sudo -n /usr/sbin/apache2ctl graceful']],
  ] as const) {
    const machine = machineWith(simulated);
    // The engine's type is http, so this is what it opens.
    await (engine.open({ machine, paths }, {}) as Http).verify();
    assert.deepEqual(
      machine.world.ran.filter((command) => command.startsWith('sudo')),
      commands,
    );
  }
});

test('the null engine takes every site, publishes nothing and says so', async () => {
  // The engine's type is http, so this is what it opens.
  const http = nullHttp.open({ machine: machineWith(), paths }, {}) as Http;
  assert.deepEqual(await http.verify(), []);
  assert.equal(await http.exists('example.com'), false);
  assert.match(http.address({ name: 'example.com', redirection: null, tls: 'off' }), /example\.com.*not published/);
});

test('the ports that Debian opens already are found', () => {
  const debian =
    'Listen 80\n\n<IfModule ssl_module>\n\tListen 443\n</IfModule>\n\n<IfModule mod_gnutls.c>\n\tListen 443\n</IfModule>\n';
  assert.deepEqual([...listenedIn(debian, false)], ['80']);
  assert.deepEqual([...listenedIn(debian, true)], ['80', '443']);
});
