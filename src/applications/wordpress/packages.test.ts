import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeBases, testMachine } from '../../../tests/kit/applications.ts';
import { MemoryMachine } from '../../machine/memory.ts';
import { packageKey } from '../../model/package.ts';
import { simulatedWorld } from '../../simulation/world.ts';
import { scanWordpress } from './packages.ts';

const root = '/srv/w';

function memory() {
  const world = simulatedWorld();
  const log = { append: async () => {} };
  const machine = new MemoryMachine({ name: 'm', claim: new AbortController().signal, log }, world);
  const put = (path: string, text: string): void => world.put(`${root}/${path}`, text);
  const file = (path: string, header: string): void => put(`wp-content/${path}`, `<?php\n/*\n${header}\n*/\n`);
  return { machine, put, file };
}

test('core, plug-ins, must-use plug-ins and themes are found with what they ask for', async () => {
  const { machine, put, file } = memory();
  put(
    'wp-includes/version.php',
    "<?php\n$wp_version = '6.1.9';\n$wp_db_version = 53496;\n$required_php_version = '5.6.20';\n",
  );
  file(
    'plugins/shop/shop.php',
    ' * Plugin Name: Shop\n * Version: 2.1\n * Requires at least: 6.0\n * Requires PHP: 7.4\n * Requires Plugins: pay, ship',
  );
  file('plugins/shop/addon.php', 'Plugin Name: An addon in the same directory\nVersion: 0.1');
  file('plugins/shop/part.php', 'Template: not a header of plug-ins');
  file('plugins/shop/deep/no.php', 'Plugin Name: Too deep');
  file('plugins/hello.php', 'Plugin Name: Hello');
  file('plugins/cache/cache.php', 'Plugin Name: A directory that is called cache');
  file('mu-plugins/aegir.php', 'Plugin Name: ours');
  file('mu-plugins/guard.php', 'no header at all');
  put('wp-content/themes/parent/style.css', '/*\nTheme Name: Parent\nVersion: 1.0\n*/');
  put('wp-content/themes/parent/css/style.css', '/*\nTheme Name: No theme\n*/');
  put('wp-content/themes/group/child/style.css', '/*\r\nTheme Name: Child\r\nTemplate: parent\r\n*/');
  const { packages } = await scanWordpress(machine, root, null);
  assert.deepEqual(
    packages.map((one) => [
      ...[packageKey(one), one.version, one.schemaVersion, one.coreCompatibility, one.php, one.dependencies, one.path],
    ]),
    [
      ['core wordpress', '6.1.9', 53_496, null, '5.6.20', [], ''],
      ['mu-plugin guard', null, null, null, null, [], 'wp-content/mu-plugins'],
      ['plugin cache', null, null, null, null, [], 'wp-content/plugins/cache'],
      ['plugin hello', null, null, null, null, [], 'wp-content/plugins'],
      ['plugin shop', '2.1', null, '>=6.0', '7.4', ['pay', 'ship'], 'wp-content/plugins/shop'],
      ['theme group/child', null, null, null, null, ['parent'], 'wp-content/themes/group/child'],
      ['theme parent', '1.0', null, null, null, [], 'wp-content/themes/parent'],
    ],
  );
});

test('the WordPress of Debian is found, with its plug-in and its theme', async () => {
  const { packages } = await scanWordpress(testMachine().machine, codeBases.wordpress, null);
  const found = packages.map(packageKey);
  for (const key of ['core wordpress', 'plugin akismet', 'theme twentytwentythree'])
    assert.ok(found.includes(key), key);
  assert.ok((packages[0]?.schemaVersion ?? 0) > 50_000);
});
