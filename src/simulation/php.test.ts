import assert from 'node:assert/strict';
import { test } from 'node:test';
import { putSite, testSite } from '../../tests/kit/applications.ts';
import { applications } from '../applications/applications.ts';
import { MemoryMachine } from '../machine/memory.ts';
import { Problem } from '../model/problem.ts';
import { Secret } from '../model/secret.ts';
import { applicationIsBroken, php, phpIsMissing, simulatedDrupal, simulatedSite, simulatedWordpress } from './php.ts';
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
    const path = simulatedSite(root, installed.site.directory);
    const pending = [{ package: 'x', update: '1', description: 'one' }];
    world.put(path, JSON.stringify({ ...JSON.parse(world.text(path) ?? ''), updates: pending }));
    assert.deepEqual(await application.runUpdates(machine, installed), pending);
    assert.deepEqual(await application.pendingUpdates(machine, installed), []);
    world.put(applicationIsBroken, 'it fell over');
    await assert.rejects(
      application.cron(machine, installed),
      (error) => error instanceof Problem && error.code === 'application-failed' && /it fell over/.test(error.message),
    );
    await application.removeWritten(machine, installed, `${root}/sites/${installed.site.directory}`);
    assert.equal(world.text(path), null);
    world.put(phpIsMissing, '');
    await assert.rejects(application.isInstalled(machine, installed), /PHP is missing on web1/);
  });
