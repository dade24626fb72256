import assert from 'node:assert/strict';
import { test } from 'node:test';
import { putSite, testSite } from '../../tests/kit/applications.ts';
import { sample } from '../../tests/kit/http-contract.ts';
import type { Application, InstalledSite } from '../applications/application.ts';
import { applications } from '../applications/applications.ts';
import { probe, probeLogin } from '../applications/probe.ts';
import { MemoryMachine } from '../machine/memory.ts';
import type { MemoryWorld } from '../machine/memory-world.ts';
import { Problem } from '../model/problem.ts';
import { Secret } from '../model/secret.ts';
import { serverPaths } from '../model/server.ts';
import { engines } from '../services/engines.ts';
import type { Http } from '../services/http/http.ts';
import { apache } from './apache.ts';
import { simulatedDrupal, simulatedWordpress } from './code.ts';
import { nginx } from './nginx.ts';
import { applicationIsBroken, php, phpIsMissing, putSimulatedState, simulatedState } from './php.ts';
import { simulatedWorld } from './world.ts';

const root = '/var/aegir/platforms/p1';
const database = {
  driver: 'mysql',
  name: 'd',
  user: 'd',
  password: new Secret('pw'),
  host: 'localhost',
  port: null,
  socket: null,
} as const;

for (const application of applications)
  test(`${application.title} in memory is installed, closed, updated and asked as on a server`, async () => {
    const world = simulatedWorld([php]);
    (application.name === 'drupal' ? simulatedDrupal : simulatedWordpress)(world, root);
    const machine = new MemoryMachine(
      { name: 'web1', claim: new AbortController().signal, log: { append: async () => {} } },
      world,
    );
    const code = await application.detect(machine, root);
    assert.equal(code?.application, application.name);
    const platform = { id: '1', name: 'p1', status: 'enabled', ...(code ?? assert.fail()) } as const;
    const installed = testSite(platform, database, 80);
    assert.equal(await application.isInstalled(machine, installed), false);
    await assert.rejects(application.status(machine, installed), /no finished installation/);
    await putSite(application, installed, machine);
    const before = world.snapshot();
    await application.install(machine, installed);
    assert.equal(await application.isInstalled(machine, installed), true);
    assert.notEqual(world.snapshot(), before);
    assert.equal((await application.status(machine, installed)).title, installed.site.title);
    await application.setMaintenance(machine, installed, true);
    assert.equal((await application.status(machine, installed)).maintenance, true);
    assert.match(await application.loginLink(machine, installed), /^http:\/\/site\d+\.example\.com:80\//);
    const pending = [{ package: 'x', update: '1', description: 'one' }];
    const state = simulatedState(world, database);
    assert.ok(state);
    putSimulatedState(world, database, { ...state, updates: pending });
    assert.deepEqual(await application.runUpdates(machine, installed), pending);
    assert.deepEqual(await application.pendingUpdates(machine, installed), []);
    await failingUpdate(application, machine, world, installed);
    world.put(applicationIsBroken, 'it fell over');
    await assert.rejects(
      application.cron(machine, installed, { through: null, timeoutMs: 60_000 }),
      (error) => error instanceof Problem && error.code === 'application-failed' && /it fell over/.test(error.message),
    );
    await application.removeWritten(machine, installed, `${root}/sites/${installed.site.directory}`);
    assert.equal(world.get(`${root}/sites/${installed.site.directory}/files`), undefined);
    world.put(phpIsMissing, '');
    await assert.rejects(application.isInstalled(machine, installed), /PHP is missing on web1/);
  });

/** What runs before the one that fails has run, and the site stays closed. */
async function failingUpdate(
  application: Application,
  machine: MemoryMachine,
  world: MemoryWorld,
  installed: InstalledSite,
): Promise<void> {
  const become = (more: object): void =>
    putSimulatedState(world, database, { ...(simulatedState(world, database) ?? assert.fail()), ...more });
  const [one, two] = ['1', '2'].map((number) => ({ package: 'x', update: number, description: number }));
  become({ updates: [one, { ...two, fails: 'no room' }], maintenance: false });
  await assert.rejects(application.runUpdates(machine, installed), /update 2 of x failed: no room/);
  assert.deepEqual(await application.pendingUpdates(machine, installed), [two]);
  assert.equal((await application.status(machine, installed)).maintenance, true);
  become({ updates: [], problems: ['php: oops'] });
  assert.deepEqual(await application.problems(machine, installed, 0), ['php: oops']);
  assert.deepEqual(Object.keys(await application.config(machine, installed)), [`${application.name} title`]);
}

for (const server of ['nginx', 'apache'])
  test(`a site in memory that ${server} in memory publishes is asked as on a server`, async () => {
    const world = simulatedWorld([php, nginx, apache]);
    simulatedDrupal(world, root);
    const machine = new MemoryMachine(
      { name: 'web1', claim: new AbortController().signal, log: { append: async () => {} } },
      world,
    );
    const [application = assert.fail()] = applications;
    const code = await application.detect(machine, root);
    const platform = { id: '1', name: 'p1', status: 'enabled', ...(code ?? assert.fail()) } as const;
    const installed = testSite(platform, database, 80);
    await putSite(application, installed, machine);
    await application.install(machine, installed);
    const engine = engines.find(({ type, name }) => type === 'http' && name === server) ?? assert.fail();
    // The engine's type is http, so this is what it opens.
    const http = engine.open({ machine, paths: serverPaths('/var/aegir', 'master') }, {}) as Http;
    await http.verify();
    const copy = sample({ root, fpmSocket: '/run/php/php-fpm.sock' }, 'copy-7.aegir.invalid', {
      ...{ asHost: installed.site.name, directory: installed.site.directory, database },
    });
    const through = http.door({ ...copy, redirection: null }) ?? assert.fail();
    const status = async (path = '/') => (await probe(machine, installed, { through, path })).status;
    assert.equal(await status(), 404, 'nobody has that name');
    for (const state of ['disabled', 'maintenance'] as const) {
      await http.create({ ...copy, state });
      assert.equal(await status(), 503, state);
    }
    await http.create(copy);
    assert.equal((await probe(machine, installed, { through, path: '/' })).title, installed.site.title);
    assert.equal(await status('/user/1/edit'), 403);
    await probeLogin(machine, application, installed, through);
    await application.setMaintenance(machine, installed, true);
    assert.equal(await status(), 503);
    await http.create({ ...copy, database: { ...database, name: 'another' } });
    assert.equal(await status(), 500, 'its database holds no site');
  });
