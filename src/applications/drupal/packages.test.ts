import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeBases, testMachine } from '../../../tests/kit/applications.ts';
import { MemoryMachine } from '../../machine/memory.ts';
import { packageKey, packagesInUse } from '../../model/package.ts';
import type { Platform } from '../../model/platform.ts';
import type { Site } from '../../model/site.ts';
import { simulatedWorld } from '../../simulation/world.ts';
import { scanDrupal, scanDrupalSite } from './packages.ts';

const root = '/srv/p';

function memory() {
  const world = simulatedWorld();
  const log = { append: async () => {} };
  const machine = new MemoryMachine({ name: 'm', claim: new AbortController().signal, log }, world);
  const put = (path: string, text = ''): void => world.put(`${root}/${path}`, text);
  return { world, machine, put };
}

const eight = (put: (path: string, text: string) => void): void =>
  put('core/lib/Drupal.php', "<?php const VERSION = '10.1.2';");
const seven = (put: (path: string, text: string) => void): void =>
  put('includes/bootstrap.inc', "<?php define('VERSION', '7.105');");

test('packages of Drupal 8 and later are found with version, schema and constraint', async () => {
  const { world, machine, put } = memory();
  eight(put);
  put('core/modules/node/node.info.yml', 'name: Node\ntype: module\nversion: VERSION\n');
  put(
    'core/modules/node/node.install',
    'function node_update_9301() {}\nfunction node_update_10100(&$s) {\n}\nfunction other_update_99999() {}',
  );
  put('core/themes/engines/twig/twig.info.yml', 'type: theme_engine\nname: Twig\nversion: VERSION\n');
  put(
    'modules/contrib/views_x/views_x.info.yml',
    "name: 'Views: X' # hello\ntype: module\ncore_version_requirement: ^9.5 || ^10\nversion: '8.x-3.24'\nhidden: true\n",
  );
  put('modules/contrib/from_git/from_git.info.yml', 'type: module\ncore_version_requirement: ">=9"\n');
  put('modules/contrib/from_git/modules/from_git_part/from_git_part.info.yml', 'type: module\n');
  put('modules/custom/constructor/constructor.info.yml', 'type: module\n');
  world.put(
    '/srv/vendor/composer/installed.json',
    '{"packages":[{"name":"drupal/from_git","version":"2.3.0"},{"name":"other/x","version":"1"}]}',
  );
  put('themes/t/t.info.yml', 'name: T\ntype: theme\n');
  put('sites/all/modules/shared/shared.info.yml', 'type: module\n');
  for (const path of [
    'modules/x/tests/modules/hidden_away',
    'sites/a.com/modules/own',
    'modules/x/src/no',
    'vendor/x/no',
    'libraries/x/no',
  ])
    put(`${path}/${path.split('/').at(-1)}.info.yml`, 'type: module\n');
  const { packages } = await scanDrupal(machine, root, null);
  assert.deepEqual(
    packages.map(({ type, name, title, version, schemaVersion, coreCompatibility, path, hidden }) => [
      ...[type, name, title, version, schemaVersion, coreCompatibility, path, hidden],
    ]),
    [
      ['core', 'drupal', 'Drupal', '10.1.2', null, null, '', false],
      ['module', 'node', 'Node', '10.1.2', 10100, null, 'core/modules/node', false],
      ['engine', 'twig', 'Twig', '10.1.2', null, null, 'core/themes/engines/twig', false],
      ['module', 'from_git', 'from_git', '2.3.0', 8000, '>=9', 'modules/contrib/from_git', false],
      [
        ...['module', 'from_git_part', 'from_git_part', '2.3.0', 8000, null],
        ...['modules/contrib/from_git/modules/from_git_part', false],
      ],
      ['module', 'views_x', 'Views: X', '8.x-3.24', 8000, '^9.5 || ^10', 'modules/contrib/views_x', true],
      ['module', 'constructor', 'constructor', null, 8000, null, 'modules/custom/constructor', false],
      ['module', 'shared', 'shared', null, 8000, null, 'sites/all/modules/shared', false],
      ['theme', 't', 'T', null, null, null, 'themes/t', false],
    ],
  );
});

test('what a package needs is found: PHP, others, and the oldest database that it updates', async () => {
  const { put, machine } = memory();
  eight(put);
  put(
    'modules/a/a.info.yml',
    "type: module\nphp: 8.1\ndependencies:\n  - drupal:views\n  # not this one\n  - 'token:token (>=1.2)'\n- pathauto\nconfigure: x.y\ntest_dependencies:\n  - devel\n",
  );
  put(
    'modules/a/a.install',
    '/** Implements hook_update_last_removed(). */\nfunction a_update_last_removed(): int {\n  // Gone.\n  return 8_201;\n}\n',
  );
  put('modules/b/b.info.yml', 'type: module\ndependencies: [drupal:node, "user"]\n');
  put('themes/t/t.info.yml', 'type: theme\nbase theme: stable9\n');
  put('themes/u/u.info.yml', 'type: theme\nbase theme: false\n');
  const { packages } = await scanDrupal(machine, root, null);
  assert.deepEqual(
    packages
      .slice(1)
      .map(({ name, php, dependencies, schemaVersion, lastRemovedUpdate }) => [
        ...[name, php, dependencies, schemaVersion, lastRemovedUpdate],
      ]),
    [
      ['a', '8.1', ['views', 'token', 'pathauto'], 8201, 8201],
      ['b', null, ['node', 'user'], 8000, null],
      ['t', null, ['stable9'], null, null],
      ['u', null, [], null, null],
    ],
  );
});

test('packages of Drupal 7 are found, theme engines and what lies below tests too', async () => {
  const { put, machine } = memory();
  seven(put);
  put('modules/node/node.info', 'name = Node\ncore = 7.x\nversion = VERSION\n');
  put('modules/node/node.module');
  put('modules/node/node.install', 'function node_update_7016() {}');
  put(
    'sites/all/modules/views/views.info',
    'name = Views\ncore = 7.x\nphp = 5.2\ndependencies[] = ctools (>1.0)\ndependencies[]=node\nversion = "7.x-3.24"\nproject = "views"\n',
  );
  put('sites/all/modules/views/views.module');
  put('sites/all/modules/private/tests/private_test.info', 'name = Test\ncore = 7.x\nhidden = TRUE\n');
  put('sites/all/modules/private/tests/private_test.module');
  put('profiles/standard/standard.info', 'name = Standard\ncore = 7.x\n');
  put('profiles/standard/standard.profile');
  put('themes/bartik/bartik.info', 'name = Bartik\ncore = 7.x\nbase theme = zen\n');
  put('themes/engines/phptemplate/phptemplate.engine');
  put('modules/node/no-package.info', 'hello');
  const { packages } = await scanDrupal(machine, root, null);
  assert.deepEqual(
    packages.map(({ type, name, version, schemaVersion, dependencies }) => [
      ...[type, name, version, schemaVersion, dependencies],
    ]),
    [
      ['core', 'drupal', '7.105', null, []],
      ['module', 'node', '7.105', 7016, []],
      ['profile', 'standard', null, 0, []],
      ['module', 'private_test', null, 0, []],
      ['module', 'views', '7.x-3.24', 0, ['ctools', 'node']],
      ['theme', 'bartik', null, null, ['zen']],
      ['engine', 'phptemplate', '7.105', null, []],
    ],
  );
});

test('of several copies each site uses the one that Drupal would', async () => {
  const { put, machine } = memory();
  eight(put);
  const copies = ['core/modules', 'profiles/contrib/farm/modules', 'sites/all/modules', 'modules'];
  for (const [at, path] of copies.entries()) put(`${path}/m/m.info.yml`, `type: module\nversion: 1.${at}\n`);
  put('profiles/contrib/farm/farm.info.yml', 'type: profile\n');
  put('profiles/contrib/farm/modules/only/only.info.yml', 'type: module\n');
  const used = async (profile: string) => {
    const { packages } = await scanDrupal(machine, root, null);
    const found = packagesInUse(packages, profile);
    return ['module m', 'module only'].map((key) => found.get(key)?.path);
  };
  assert.deepEqual(await used('standard'), ['modules/m', undefined]);
  assert.deepEqual(await used('farm'), ['modules/m', 'profiles/contrib/farm/modules/only']);
  assert.deepEqual(
    (await scanDrupal(machine, root, null)).packages
      .filter(({ name }) => name === 'm')
      .toSorted((a, b) => a.precedence - b.precedence)
      .map(({ path, ofProfile }) => [path, ofProfile]),
    [
      ['core/modules/m', null],
      ['profiles/contrib/farm/modules/m', 'farm'],
      ['sites/all/modules/m', null],
      ['modules/m', null],
    ],
  );
});

test('Drupal 7 prefers a copy that is for Drupal 7', async () => {
  const { put, machine } = memory();
  seven(put);
  for (const [path, core] of [
    ['modules/m', '7.x'],
    ['sites/all/modules/m', '6.x'],
  ] as const) {
    put(`${path}/m.info`, `name = M\ncore = ${core}\n`);
    put(`${path}/m.module`);
  }
  const { packages } = await scanDrupal(machine, root, null);
  assert.equal(packagesInUse(packages, 'standard').get('module m')?.path, 'modules/m');
});

test("a site's own directory is the site's, and no link in it is followed", async () => {
  const { world, machine, put } = memory();
  eight(put);
  put('sites/a.com/modules/own/own.info.yml', 'type: module\nversion: 1.0\n');
  put('sites/a.com/themes/own/look/look.info.yml', 'type: theme\n');
  put('sites/b.com/modules/other/other.info.yml', 'type: module\n');
  world.put(`${root}/sites/a.com/modules/linked`, `${root}/sites/b.com/modules`, { kind: 'link' });
  // The scan asks for nothing else of them.
  const installed = { site: { directory: 'a.com' } as Site, platform: { root, version: '10.1.2' } as Platform };
  const scan = await scanDrupalSite(machine, installed, null);
  assert.deepEqual(
    scan.packages.map((one) => [packageKey(one), one.path, one.precedence]),
    [
      ['module own', 'sites/a.com/modules/own', 4],
      ['theme look', 'sites/a.com/themes/own/look', 4],
    ],
  );
  assert.equal(await scanDrupalSite(machine, installed, scan), scan);
});

for (const [variable, source] of [
  ['AEGIR_TEST_DRUPAL10', codeBases.drupal10],
  ['AEGIR_TEST_DRUPAL10_NEW', codeBases.drupal10New],
  ['AEGIR_TEST_DRUPAL7', codeBases.drupal7],
  ['AEGIR_TEST_DRUPAL7_NEW', codeBases.drupal7New],
] as const)
  test(`real Drupal of ${variable}: every module of core is found`, {
    skip: source === null && `set ${variable}`,
  }, async () => {
    const { packages } = await scanDrupal(testMachine().machine, source ?? '', null);
    const [core] = packages;
    assert.match(core?.version ?? '', /^\d+\.\d+/);
    for (const name of ['node', 'user', 'system', 'minimal', 'standard'])
      assert.ok(
        packages.some((one) => one.name === name && one.version === core?.version),
        name,
      );
    assert.ok(packages.filter(({ schemaVersion }) => (schemaVersion ?? 0) > 7_000).length > 5);
    assert.ok(packages.some(({ type }) => type === 'engine'));
  });
