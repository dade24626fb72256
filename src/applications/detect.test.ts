import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryMachine } from '../machine/memory.ts';
import type { MemoryWorld } from '../machine/memory-world.ts';
import { Problem } from '../model/problem.ts';
import { php, phpIsMissing } from '../simulation/php.ts';
import { simulatedWorld } from '../simulation/world.ts';
import type { CodeBase } from './application.ts';
import { applications } from './applications.ts';

const root = '/srv/code';

async function detected(prepare: (world: MemoryWorld) => void): Promise<CodeBase | null> {
  const world = simulatedWorld([php]);
  world.directory(root);
  prepare(world);
  const machine = new MemoryMachine(
    { name: 'web1', claim: new AbortController().signal, log: { append: async () => {} } },
    world,
  );
  for (const application of applications) {
    const code = await application.detect(machine, root);
    if (code) return code;
  }
  return null;
}

function drupal(world: MemoryWorld, at: string, version: string, vendor = `${at}/vendor`): void {
  world.put(`${at}/core/lib/Drupal.php`, `<?php\n  const VERSION = '${version}';`);
  world.put(`${at}/autoload.php`, '');
  world.put(`${vendor}/autoload.php`, '');
}

for (const name of ['', '/web', '/docroot', '/html', '/public', '/www'])
  test(`Drupal 10 is found in '.${name}'`, async () => {
    const code = await detected((world) => drupal(world, `${root}${name}`, '10.1.8', `${root}/vendor`));
    assert.deepEqual(code, { application: 'drupal', version: '10.1.8', root: `${root}${name}` });
  });

test('composer.json may name another document root, but none outside', async () => {
  const composer = (webRoot: string) => `{"extra": {"drupal-scaffold": {"locations": {"web-root": "${webRoot}"}}}}`;
  const code = await detected((world) => {
    world.put(`${root}/composer.json`, composer('./htdocs/'));
    drupal(world, `${root}/htdocs`, '10.1.8', `${root}/vendor`);
  });
  assert.equal(code?.root, `${root}/htdocs`);
  const outside = await detected((world) => {
    world.put(`${root}/composer.json`, composer('../other/'));
    drupal(world, '/srv/other', '10.1.8');
  });
  assert.equal(outside, null);
});

test('Drupal 7 and WordPress are found', async () => {
  const seven = await detected((world) => world.put(`${root}/includes/bootstrap.inc`, "define('VERSION', '7.105');"));
  assert.deepEqual(seven, { application: 'drupal', version: '7.105', root });
  const wordpress = await detected((world) => world.put(`${root}/wp-includes/version.php`, "$wp_version = '6.1.9';"));
  assert.deepEqual(wordpress, { application: 'wordpress', version: '6.1.9', root });
  assert.equal(await detected((world) => world.put(`${root}/index.html`, 'hello')), null);
});

const refused = [
  [
    'a Composer project that was not built',
    (world) => world.put(`${root}/composer.json`, '{"require": {"drupal/core-recommended": "^10"}}'),
    /Composer project/,
    /composer install/,
  ],
  [
    'Drupal without its vendor directory',
    (world) => world.put(`${root}/core/lib/Drupal.php`, "const VERSION = '10.1.8';"),
    /lacks vendor/,
    /composer install/,
  ],
  [
    'Drupal 11 on PHP 8.2',
    (world) => drupal(world, root, '11.0.1'),
    /needs PHP 8\.3\.0 or later, and there is 8\.2.* on web1/,
    /another PHP/,
  ],
  ['Drupal 8 on PHP 8', (world) => drupal(world, root, '8.9.20'), /needs PHP before 8\.0\.0/, /another Drupal/],
  ['Drupal 9.4 on PHP 8', (world) => drupal(world, root, '9.4.15'), /needs PHP before 8\.0\.0/, /another Drupal/],
  [
    'Drupal 6',
    (world) => world.put(`${root}/modules/system/system.module`, "define('VERSION', '6.38');"),
    /too old/,
    /^$/,
  ],
  [
    'Drupal where PHP is missing',
    (world) => {
      drupal(world, root, '10.1.8');
      world.put(phpIsMissing, '');
    },
    /PHP is missing/,
    /php-cli/,
  ],
] as const satisfies readonly (readonly [string, (world: MemoryWorld) => void, RegExp, RegExp])[];

for (const [what, prepare, message, hint] of refused)
  test(`${what} is refused with the reason`, async () => {
    await assert.rejects(detected(prepare), (error) => {
      assert.ok(error instanceof Problem);
      assert.match(error.message, message);
      assert.match(error.hint ?? '', hint);
      return true;
    });
  });

test('Drupal 9.5 and 10 run on PHP 8.2', async () => {
  for (const version of ['9.5.11', '10.0.0', '10.6.12'])
    assert.equal((await detected((world) => drupal(world, root, version)))?.version, version);
});
