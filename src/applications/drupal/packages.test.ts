import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeBases, testMachine } from '../../../tests/kit/applications.ts';
import { counting } from '../../../tests/kit/counting-machine.ts';
import { MemoryMachine } from '../../machine/memory.ts';
import { simulatedWorld } from '../../simulation/world.ts';
import { scanDrupal } from './packages.ts';

const root = '/srv/p';

function memory() {
  const world = simulatedWorld();
  const machine = new MemoryMachine(
    { name: 'm', claim: new AbortController().signal, log: { append: async () => {} } },
    world,
  );
  return { world, ...counting(machine) };
}

test('packages of Drupal 8 and later are found with version, schema and constraint', async () => {
  const { world, machine } = memory();
  world.put(`${root}/core/lib/Drupal.php`, "<?php const VERSION = '10.1.2';");
  world.put(`${root}/core/modules/node/node.info.yml`, 'name: Node\ntype: module\nversion: VERSION\n');
  world.put(
    `${root}/core/modules/node/node.install`,
    'function node_update_9301() {}\nfunction node_update_10100(&$s) {\n}\nfunction other_update_99999() {}',
  );
  world.put(
    `${root}/modules/contrib/views_x/views_x.info.yml`,
    "name: 'Views: X' # hello\ntype: module\ncore_version_requirement: ^9.5 || ^10\nversion: '8.x-3.24'\nhidden: true\n",
  );
  world.put(`${root}/modules/contrib/from_git/from_git.info.yml`, 'type: module\ncore_version_requirement: ">=9"\n');
  world.put(
    '/srv/vendor/composer/installed.json',
    '{"packages":[{"name":"drupal/from_git","version":"2.3.0"},{"name":"other/x","version":"1"}]}',
  );
  world.put(`${root}/themes/t/t.info.yml`, 'name: T\ntype: theme\n');
  world.put(`${root}/sites/all/modules/shared/shared.info.yml`, 'type: module\n');
  for (const path of [
    'modules/x/tests/modules/hidden_away',
    'sites/a.com/modules/own',
    'modules/x/src/no',
    'vendor/x/no',
  ])
    world.put(`${root}/${path}/${path.split('/').at(-1)}.info.yml`, 'type: module\n');
  const { packages } = await scanDrupal(machine, root, null);
  assert.deepEqual(
    packages.map(({ type, name, title, version, schemaVersion, coreCompatibility, path, hidden }) => [
      type,
      name,
      title,
      version,
      schemaVersion,
      coreCompatibility,
      path,
      hidden,
    ]),
    [
      ['module', 'node', 'Node', '10.1.2', 10100, null, 'core/modules/node', false],
      ['module', 'from_git', 'from_git', '2.3.0', 8000, '>=9', 'modules/contrib/from_git', false],
      ['module', 'views_x', 'Views: X', '8.x-3.24', 8000, '^9.5 || ^10', 'modules/contrib/views_x', true],
      ['module', 'shared', 'shared', null, 8000, null, 'sites/all/modules/shared', false],
      ['theme', 't', 'T', null, null, null, 'themes/t', false],
    ],
  );
});

test('packages of Drupal 7 are found', async () => {
  const { world, machine } = memory();
  world.put(`${root}/includes/bootstrap.inc`, "<?php define('VERSION', '7.105');");
  world.put(`${root}/modules/node/node.info`, 'name = Node\ncore = 7.x\nversion = VERSION\n');
  world.put(`${root}/modules/node/node.module`, '');
  world.put(`${root}/modules/node/node.install`, 'function node_update_7016() {}');
  world.put(
    `${root}/sites/all/modules/views/views.info`,
    'name = Views\ncore = 7.x\nversion = "7.x-3.24"\nproject = "views"\n',
  );
  world.put(`${root}/sites/all/modules/views/views.module`, '');
  world.put(`${root}/profiles/standard/standard.info`, 'name = Standard\ncore = 7.x\n');
  world.put(`${root}/profiles/standard/standard.profile`, '');
  world.put(`${root}/themes/bartik/bartik.info`, 'name = Bartik\ncore = 7.x\n');
  world.put(`${root}/modules/node/no-package.info`, 'hello');
  const { packages } = await scanDrupal(machine, root, null);
  assert.deepEqual(
    packages.map(({ type, name, version, schemaVersion }) => [type, name, version, schemaVersion]),
    [
      ['module', 'node', '7.105', 7016],
      ['profile', 'standard', null, 0],
      ['module', 'views', '7.x-3.24', 0],
      ['theme', 'bartik', null, null],
    ],
  );
});

test('of 5,000 files that have not changed none is read again; of one that has, only that', async () => {
  const { world, machine, reads } = memory();
  world.put(`${root}/core/lib/Drupal.php`, "<?php const VERSION = '10.1.2';");
  for (let n = 0; n < 2_500; n++) {
    world.put(`${root}/modules/m${n}/m${n}.info.yml`, `name: M${n}\ntype: module\nversion: 1.${n}\n`);
    world.put(`${root}/modules/m${n}/m${n}.install`, `function m${n}_update_${8001 + n}() {}`);
  }
  const first = await scanDrupal(machine, root, null);
  assert.equal(first.packages.length, 2_500);
  const atFirst = reads.splice(0).length;
  assert.ok(atFirst >= 5_000);
  // As the hub keeps it.
  const kept = JSON.parse(JSON.stringify(first)) as typeof first; // what was written is what is read
  assert.deepEqual(await scanDrupal(machine, root, kept), first);
  assert.ok(reads.splice(0).length < atFirst / 10);
  world.put(`${root}/modules/m7/m7.info.yml`, 'name: M7\ntype: module\nversion: 2.0\n');
  world.remove(`${root}/modules/m8`);
  const second = await scanDrupal(machine, root, kept);
  assert.deepEqual(reads, [`${root}/modules/m7/m7.info.yml`]);
  assert.equal(second.packages.length, 2_499);
  assert.equal(second.packages.find(({ name }) => name === 'm7')?.version, '2.0');
});

for (const [called, source, version] of [
  ['10', codeBases.drupal10, '10.1.2'],
  ['7', codeBases.drupal7, '7.105'],
] as const)
  test(`real Drupal ${called}: every module of core is found`, {
    skip: source === null && `set AEGIR_TEST_DRUPAL${called}`,
  }, async () => {
    const { packages } = await scanDrupal(testMachine().machine, source ?? '', null);
    for (const name of ['node', 'user', 'system', 'minimal', 'standard'])
      assert.ok(
        packages.some((one) => one.name === name && one.version === version),
        name,
      );
    assert.ok(packages.filter(({ schemaVersion }) => (schemaVersion ?? 0) > 7_000).length > 5);
    assert.deepEqual(
      packages.filter(({ path }) => path.includes('/tests/')),
      [],
    );
  });
