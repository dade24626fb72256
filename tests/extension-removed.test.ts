import assert from 'node:assert/strict';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { cacheService } from '../examples/cache-service.ts';
import { serverRack } from '../examples/server-rack.ts';
import { siteContact } from '../examples/site-contact.ts';
import { siteGreeting } from '../examples/site-greet.ts';
import { builtIn, readCatalog } from '../src/built-in.ts';
import { catalog } from '../src/tasks/catalog.ts';
import { freshWorld, type HubWithWorker, installedSite, verifiedFarm } from './kit/hub-with-worker.ts';
import { isProblem, namesFields, onNginx, vhostOf } from './kit/looks.ts';
import { temporaryDirectory } from './kit/postgres.ts';

const name = 'example.com';
const params = { name };
const examples = [cacheService, serverRack, siteContact, siteGreeting];
const ask = async ({ call }: HubWithWorker, task: string) =>
  (await call('site task', { params, body: { name: task } })).task;

test('when a plug-in is taken away, what needs it says so, and everything else goes on', async (t) => {
  const farm = await withEverything(t);
  await farm.call('queue pause', { params: { name: 'task' } });
  const greet = await ask(farm, 'site greet');
  const without = await farm.again({});
  const { call, done, waitFor } = without;
  await call('queue resume', { params: { name: 'task' } });
  const orphan = await waitFor(greet);
  assert.equal(orphan.problem?.code, 'not-found');
  assert.match(`${orphan.problem?.message} ${orphan.problem?.hint}`, /'site greet'.*plug-in/s);
  await assert.rejects(ask(without, 'site greet'), isProblem('invalid', /site verify/));
  await assert.rejects(call('task retry', { params: { task: greet.id } }), isProblem('invalid'));

  const server = await call('server task', { params: { name: 'master' }, body: { name: 'server verify' } });
  const verified = await waitFor(server.task);
  assert.equal(verified.problem?.code, 'not-found');
  assert.match(`${verified.problem?.message} ${verified.problem?.hint}`, /'redis' for cache.*plug-in/s);

  assert.deepEqual((await call('site get', { params })).data, { contact: 'Ann' }, 'data is not lost');
  assert.deepEqual((await call('server get', { params: { name: 'master' } })).data, { rack: { room: 'B12', unit: 7 } });
  await assert.rejects(call('site set', { params, body: { data: { contact: 'Ben' } } }), namesFields(['data.contact']));
  await done(await ask(without, 'site verify'));
  assert.doesNotMatch(vhostOf(without.world, name), /X-Contact/);
  await call('service delete', { params: { name: 'master', type: 'cache' } });
  const healed = await call('server task', { params: { name: 'master' }, body: { name: 'server verify' } });
  await done(healed.task);

  const back = await without.again({ extensions: examples });
  await back.done(await ask(back, 'site verify'));
  assert.match(vhostOf(back.world, name), /X-Contact Ann/);
});

async function withEverything(t: TestContext): Promise<HubWithWorker> {
  const world = freshWorld();
  world.programs.set('redis-cli', () => ({ stdout: 'PONG\n' }));
  const farm = await verifiedFarm(t, onNginx, { extensions: examples, world });
  const { call, done } = farm;
  await installedSite(farm, name, { data: { contact: 'Ann' } });
  const rack = await call('server set', {
    params: { name: 'master' },
    body: { data: { rack: { room: 'B12', unit: 7 } } },
  });
  await done(rack.task);
  const cache = await call('service create', {
    params: { name: 'master' },
    body: { type: 'cache', engine: 'redis' },
  });
  await done(cache.task);
  return farm;
}

test('plug-ins that cannot go together are refused when they are read', () => {
  assert.throws(() => catalog(builtIn, [cacheService, cacheService]), /the engine 'redis' for cache is there twice/);
  assert.throws(
    () => catalog(builtIn, [{ taskTypes: builtIn.taskTypes.slice(0, 1) }]),
    /'server verify' is there twice/,
  );
  const sweeps = [{ name: 'x', everyMs: 1000, task: 'site dance' }];
  assert.throws(() => catalog(builtIn, [{ sweeps }]), /the sweep 'x' adds 'site dance', which is no task type/);
  const steps = [{ task: 'site dance', place: 'after', step: 'x', steps: [] } as const];
  assert.throws(() => catalog(builtIn, [{ steps }]), /adds steps to 'site dance', which is no task type/);
});

test('the configuration file is read from anywhere; none is fine; a broken one is a problem that names it', async (t) => {
  const shipped = await readCatalog(resolve(import.meta.dirname, '../examples/aegir.config.ts'));
  assert.ok(shipped.engines.some(({ type }) => type === 'cache'));
  assert.deepEqual(
    shipped.data.map(({ name }) => name),
    ['rack', 'contact'],
  );

  // As examples/README.md says.
  const settings = await temporaryDirectory(t);
  const program = resolve(import.meta.dirname, '..');
  await symlink(join(program, 'src'), join(settings, 'src'));
  await symlink(join(program, 'node_modules'), join(settings, 'node_modules'));
  const path = join(settings, 'aegir.config.ts');
  assert.equal((await readCatalog(path)).engines.length, builtIn.engines.length, 'no file adds nothing');
  await mkdir(join(settings, 'plugins'));
  await cp(join(program, 'examples'), join(settings, 'plugins'), { recursive: true });
  await writeFile(path, "export { default } from './plugins/aegir.config.ts';\n");
  const read = await readCatalog(path);
  assert.deepEqual(
    read.taskTypes.map(({ name }) => name),
    shipped.taskTypes.map(({ name }) => name),
  );

  for (const [file, text] of [
    ['syntax.ts', 'export default ['],
    ['throws.ts', "throw new Error('no')"],
    ['missing.ts', "import './absent.ts'; export default []"],
    ['shape.ts', 'export default { engines: [] }'],
    ['nothing.ts', ''],
  ] as const) {
    await writeFile(join(settings, file), text);
    await assert.rejects(readCatalog(join(settings, file)), isProblem('invalid', new RegExp(file)));
  }
});
