import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { mustFitByRows } from '../src/hub/comparison.ts';
import { simulatedDrupal, simulatedWordpress } from '../src/simulation/code.ts';
import { putSimulatedState, simulatedState } from '../src/simulation/php.ts';
import { type HubWithWorker, installedSite, platformRoot, verifiedFarm } from './kit/hub-with-worker.ts';
import { isProblem, onNginx } from './kit/looks.ts';
import { terminal } from './kit/terminal.ts';

const newRoot = '/var/aegir/platforms/p2';

/** A site on p1 with a module of the platform and one of its own, and a platform p2 like p1, but as `change` makes it. */
async function farmWith(
  t: TestContext,
  change: (farm: HubWithWorker) => void | Promise<void> = () => {},
): Promise<HubWithWorker> {
  const farm = await verifiedFarm(t, onNginx);
  const { world } = farm;
  await installedSite(farm, 'example.com');
  for (const root of [platformRoot, newRoot]) {
    if (root === newRoot) simulatedDrupal(world, root);
    putModule(farm, `${root}/modules/token`, '1.11');
  }
  putModule(farm, `${platformRoot}/sites/example.com/modules/own`, '0.1');
  await enable(farm, 'example.com', ['token', 'own']);
  await change(farm);
  await verify(farm, 'platform', 'p1');
  await verify(farm, 'site', 'example.com');
  await farm.done((await farm.call('platform create', { body: { name: 'p2', root: newRoot } })).task);
  return farm;
}

const putModule = ({ world }: HubWithWorker, path: string, version: string, more = ''): void =>
  world.put(`${path}/${path.split('/').at(-1)}.info.yml`, `name: M\ntype: module\nversion: '${version}'\n${more}`);

async function enable({ world, call }: HubWithWorker, site: string, names: readonly string[]): Promise<void> {
  const { name } = (await call('site get', { params: { name: site } })).database;
  const database = { driver: 'mysql', name };
  const packages = names.map((one) => ({ type: 'module', name: one, schemaVersion: 8_000 }));
  putSimulatedState(world, database, { ...(simulatedState(world, database) ?? assert.fail()), packages });
}

async function verify({ call, done }: HubWithWorker, noun: 'platform' | 'site', name: string): Promise<void> {
  await done((await call(`${noun} task`, { params: { name }, body: { name: `${noun} verify` } })).task);
}

async function compared({ call }: HubWithWorker, query: object = {}) {
  const answer = await call('platform compare', { params: { name: 'p2' }, query: { site: 'example.com', ...query } });
  assert.equal(answer.of, 'site');
  return answer;
}

test('a platform with the same code is possible, and says so of each package', async (t) => {
  const farm = await farmWith(t);
  const answer = await compared(farm);
  assert.deepEqual([answer.possible, answer.problems, answer.from], [true, [], 'p1']);
  assert.deepEqual(answer.counts, { same: 5, upgrade: 0, downgrade: 0, missing: 0 });
  assert.deepEqual(
    answer.items.map(({ name, result, own }) => `${name} ${result}${own ? ' own' : ''}`),
    ['drupal same', 'own same own', 'system same', 'token same', 'standard same'],
  );
  await farm.hub.database.db.transaction().execute((tx) => mustFitByRows(tx, farm.hub, '1', { platformId: '2' }));
});

test('a module that is missing, and a database that is newer than the code, keep a site where it is', async (t) => {
  const farm = await farmWith(t, ({ world }) => {
    world.remove(`${newRoot}/modules/token`);
    world.put(`${newRoot}/core/modules/system/system.install`, '<?php\nfunction system_update_9500() {}\n');
  });
  const answer = await compared(farm);
  assert.equal(answer.possible, false);
  assert.deepEqual(
    answer.problems.map(({ message }) => message),
    [
      'missing on p2: token',
      'older on p2 than on the site: system (its database has schema 10100, the code there only 9500)',
    ],
  );
  assert.match(answer.problems[0]?.hint ?? '', /Add them to that platform, or uninstall them/);
  const refused = farm.hub.database.db
    .transaction()
    .execute((tx) => mustFitByRows(tx, farm.hub, '1', { platformId: '2' }));
  await assert.rejects(refused, isProblem('conflict', /missing on p2: token; older on p2.*platform compare p2 --site/));
});

test('a list of packages is filtered and goes on page by page', async (t) => {
  const farm = await farmWith(t, ({ world }) => world.remove(`${newRoot}/modules/token`));
  const names = async (query: object) => (await compared(farm, query)).items.map(({ name }) => name);
  assert.deepEqual(await names({ result: 'missing' }), ['token']);
  assert.deepEqual(await names({ type: 'profile' }), ['standard']);
  assert.deepEqual(await names({ q: 'SYS' }), ['system']);
  const first = await compared(farm, { limit: 2 });
  assert.deepEqual([first.items.map(({ name }) => name), first.total], [['token', 'drupal'], 5]);
  const second = await compared(farm, { limit: 2, after: first.next ?? '' });
  assert.deepEqual(
    second.items.map(({ name }) => name),
    ['own', 'system'],
  );
  const third = await compared(farm, { limit: 2, after: second.next ?? '' });
  assert.deepEqual([third.items.map(({ name }) => name), third.next], [['standard'], null]);
  await assert.rejects(compared(farm, { after: 'x' }), isProblem('invalid', /cannot go on from there/));
});

test('what is wrong with a platform is said with what to do', async (t) => {
  const farm = await farmWith(t);
  const { call, done } = farm;
  const messages = async () => (await compared(farm)).problems.map(({ message }) => message);
  await done((await call('platform task', { params: { name: 'p2' }, body: { name: 'platform lock' } })).task);
  assert.deepEqual(await messages(), ['platform p2 is locked']);
  await done((await call('platform task', { params: { name: 'p2' }, body: { name: 'platform unlock' } })).task);
  farm.world.remove(`${newRoot}/core/lib`);
  const failed = await call('platform task', { params: { name: 'p2' }, body: { name: 'platform verify' } });
  assert.equal((await farm.waitFor(failed.task)).status, 'failed');
  assert.deepEqual(await messages(), ['platform p2 is not verified']);
});

test('another application is no place for a site', async (t) => {
  const farm = await farmWith(t, ({ world }) => {
    world.remove(newRoot);
    simulatedWordpress(world, newRoot);
  });
  const { problems, items } = await compared(farm);
  assert.deepEqual(
    [problems.map(({ message }) => message), items],
    [['example.com is drupal, and p2 holds wordpress'], []],
  );
});

test('a new site of which nothing is known yet is not called fit', async (t) => {
  const farm = await farmWith(t);
  farm.busy = 'the test wants it so';
  await farm.call('site create', { body: { name: 'new.example.com', platform: 'p1' } });
  const answer = await compared(farm, { site: 'new.example.com' });
  assert.deepEqual(
    answer.problems.map(({ message }) => message),
    ['what new.example.com has enabled is not known'],
  );
});

test('all sites of a platform are compared with another one, page by page', async (t) => {
  const farm = await farmWith(t, ({ world }) => world.remove(`${newRoot}/modules/token`));
  await installedSite(farm, 'plain.example.com');
  const ask = async (query: object) => {
    const answer = await farm.call('platform compare', { params: { name: 'p2' }, query: { from: 'p1', ...query } });
    assert.equal(answer.of, 'platform');
    return answer;
  };
  const all = await ask({});
  assert.deepEqual(
    all.items.map(({ site, possible, problems }) => [site, possible, problems.map(({ message }) => message)]),
    [
      ['example.com', false, ['missing on p2: token']],
      ['plain.example.com', true, []],
    ],
  );
  const first = await ask({ limit: 1 });
  assert.deepEqual([first.items.length, first.total], [1, 2]);
  const second = await ask({ limit: 1, after: first.next });
  assert.deepEqual([second.items[0]?.site, second.next], ['plain.example.com', null]);
  for (const query of [{}, { site: 'example.com', from: 'p1' }])
    await assert.rejects(
      farm.call('platform compare', { params: { name: 'p2' }, query }),
      isProblem('invalid', /--site or --from/),
    );
});

test('packages are listed with who uses them, by version', async (t) => {
  const farm = await farmWith(t, (made) => putModule(made, `${newRoot}/modules/token`, '1.15'));
  const { call } = farm;
  await installedSite(farm, 'plain.example.com');
  await installedSite(farm, 'other.example.com', { platform: 'p2' });
  const token = await call('package list', { query: { q: 'token' } });
  assert.deepEqual(token.items, [
    {
      ...{ application: 'drupal', type: 'module', name: 'token', title: 'M' },
      ...{ versions: ['1.11', '1.15'], platforms: 2, sites: 1 },
    },
  ]);
  const using = async (name: string, query: object = {}) =>
    (await call('package sites', { params: { package: name }, query })).items.map(
      ({ site, platform, version, own }) => `${site} ${platform} ${version}${own ? ' own' : ''}`,
    );
  assert.deepEqual(await using('token'), ['example.com p1 1.11']);
  assert.deepEqual(await using('token', { below: '1.12' }), ['example.com p1 1.11']);
  assert.deepEqual(await using('token', { below: '1.11' }), []);
  assert.deepEqual(await using('token', { below: '1.0' }), []);
  assert.deepEqual(await using('token', { version: '1.15' }), []);
  assert.deepEqual(await using('own'), ['example.com p1 0.1 own']);
  assert.deepEqual(await using('drupal', { type: 'core' }), [
    'example.com p1 10.1.2',
    'other.example.com p2 10.1.2',
    'plain.example.com p1 10.1.2',
  ]);
  const ofSite = await call('site packages', { params: { name: 'example.com' }, query: { type: 'module' } });
  assert.deepEqual(
    ofSite.items.map(({ name, version, path, own }) => [name, version, path, own]),
    [
      ['own', '0.1', 'sites/example.com/modules/own', true],
      ['system', '10.1.2', 'core/modules/system', false],
      ['token', '1.11', 'modules/token', false],
    ],
  );
  const onPlatform = async (enabled: 'true' | 'false') =>
    (await call('platform packages', { params: { name: 'p1' }, query: { enabled, type: 'module' } })).items.map(
      ({ name, sites }) => `${name} ${sites}`,
    );
  assert.deepEqual([await onPlatform('true'), await onPlatform('false')], [['system 2', 'token 1'], []]);
});

test('a package whose version cannot be told is not overlooked when older ones are asked for', async (t) => {
  const farm = await farmWith(t, async (made) => {
    putModule(made, `${platformRoot}/modules/token`, '2.x-dev');
    await enable(made, 'example.com', ['token', 'gone']);
  });
  const using = async (name: string) =>
    (await farm.call('package sites', { params: { package: name }, query: { below: '1.0' } })).items.length;
  assert.deepEqual([await using('token'), await using('gone'), await using('system')], [1, 1, 0]);
});

test('what a deleted site and a deleted platform had is in no list any more', async (t) => {
  const farm = await farmWith(t);
  const { call, done } = farm;
  const run = async (noun: 'site' | 'platform', name: string, verb: string) =>
    done((await call(`${noun} task`, { params: { name }, body: { name: `${noun} ${verb}` } })).task);
  await run('site', 'example.com', 'disable');
  await run('site', 'example.com', 'delete');
  assert.deepEqual((await call('package list', { query: { q: 'own' } })).items, []);
  for (const name of ['p1', 'p2']) await run('platform', name, 'delete');
  assert.deepEqual((await call('package list', { query: {} })).items, []);
});

test('the command line says in words whether a site can go, and why not', async (t) => {
  const farm = await farmWith(t, ({ world }) => world.remove(`${newRoot}/modules/token`));
  const { run } = await terminal(t, farm);
  const cli = async (...words: string[]) => {
    const { code, out } = await run(words);
    return { code, text: out };
  };
  const { code, text } = await cli('platform', 'compare', 'p2', '--site', '@example.com');
  assert.equal(code, 0);
  assert.match(text, /^example\.com, from p1 to p2: NOT possible \(4 same, 0 upgrade, 0 downgrade, 1 missing\)$/m);
  assert.match(text, /^ {2}missing on p2: token\. Add them to that platform/m);
  assert.match(text, /^missing +error +module +token +yes +1\.11 \(8000\) +- +it is missing there$/m);
  assert.match(
    (await cli('platform', 'compare', 'p2', '--from', 'p1')).text,
    /^example\.com +no .*missing on p2: token/m,
  );
  assert.match((await cli('package', 'sites', 'token')).text, /^example\.com +p1 +module +1\.11 +yes/m);
});
