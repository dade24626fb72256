import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { z } from 'zod';
import { testMachine, testSite } from '../../tests/kit/applications.ts';
import { openDirectory } from '../../tests/kit/web.ts';
import { MemoryMachine } from '../machine/memory.ts';
import { Problem } from '../model/problem.ts';
import { Secret } from '../model/secret.ts';
import { simulatedWorld } from '../simulation/world.ts';
import { drupal } from './drupal/drupal.ts';
import { keepForeign } from './own-files.ts';
import { callTool, toolSite } from './tool.ts';
import { wordpress } from './wordpress/wordpress.ts';

const database = {
  driver: 'mysql',
  name: 'd',
  user: 'd',
  password: new Secret('pw-of-the-database'),
  host: 'localhost',
  port: null,
  socket: null,
} as const;

async function platformWith(
  t: { after(action: () => Promise<void>): void },
  settings: Readonly<Record<string, string>>,
) {
  const directory = await openDirectory('aegir-tool');
  t.after(() => directory.remove());
  for (const [site, text] of Object.entries(settings)) {
    await mkdir(`${directory.path}/sites/${site}`, { recursive: true });
    await writeFile(`${directory.path}/sites/${site}/settings.php`, text);
  }
  await mkdir(`${directory.path}/core/lib`, { recursive: true });
  await writeFile(`${directory.path}/core/lib/Drupal.php`, "<?php const VERSION = '10.1.2';");
  return {
    id: '1',
    name: 'p1',
    root: directory.path,
    status: 'enabled',
    application: 'drupal',
    version: '10.1.2',
  } as const;
}

test('what a site prints before it answers, and how loud PHP is, changes nothing', async (t) => {
  const noise = `<?php echo '{"ok":true,"answer":{"title":"no"}}', "\\n"; trigger_error('loud'); echo $undefined; error_log('louder');
    $databases['default']['default'] = ['driver' => 'sqlite', 'database' => '/nowhere/x'];`;
  const platform = await platformWith(t, { 'a.com': noise });
  const [found] = await drupal.sitesFound(testMachine().machine, platform);
  assert.equal(found?.database?.name, '/nowhere/x');
});

test('what an application said when it failed is in the problem, and its code cannot go on', async (t) => {
  for (const [settings, message] of [
    [
      '<?php throw new Exception("the <b>disk</b> is on fire");',
      /the disk is on fire \(Exception, sites\/a\.com\/settings\.php:1\)/,
    ],
    ['<?php function {', /syntax error/],
    ['<?php echo "<p>Sorry!</p>"; exit(0);', /ended before it was done: Sorry!/],
    ['<?php undefined_function();', /undefined_function/],
    ['<?php $a = str_repeat("x", PHP_INT_MAX);', /memory|allocate|size/i],
  ] as const) {
    const platform = await platformWith(t, { 'a.com': settings });
    const installed = testSite(platform, database, 80, { name: 'a.com' });
    await assert.rejects(drupal.status(testMachine().machine, installed), (error) => {
      assert.ok(error instanceof Problem);
      assert.equal(error.code, 'application-failed');
      assert.match(error.message, message);
      return true;
    });
  }
});

test('a site that answers for us in another shape, or with too much, is not believed', async (t) => {
  const fake = (answer: string) => `<?php fwrite(STDOUT, ${answer}); posix_kill(posix_getpid(), SIGKILL);`;
  for (const answer of [
    `"\\n{\\"ok\\":true,\\"answer\\":{\\"title\\":7}}\\n"`,
    `"nothing"`,
    `str_repeat('x', 9 * 1024 * 1024)`,
  ]) {
    const platform = await platformWith(t, { 'a.com': fake(answer) });
    const installed = testSite(platform, database, 80, { name: 'a.com' });
    await assert.rejects(
      drupal.status(testMachine().machine, installed),
      (error) => error instanceof Problem && error.code === 'application-failed',
    );
  }
});

test('a script that hangs is given up, and where nobody may end it, it ends itself', async (t) => {
  const platform = await platformWith(t, { 'a.com': '<?php while (true) usleep(1000);' });
  const installed = testSite(platform, database, 80, { name: 'a.com' });
  const input = { site: toolSite(installed) };
  const how = { timeoutMs: 500, effect: 'reads' } as const;
  // The second has time for waiting in line, so that it is PHP itself that comes first.
  for (const more of [{}, { alone: { directory: `${platform.root}/sites/a.com`, waitMs: 600_000 } }])
    await assert.rejects(
      callTool(testMachine().machine, 'www-data', 'drupal status', input, z.unknown(), { ...how, ...more }),
      (error) => error instanceof Problem && error.code === 'timeout',
    );
});

test('PHP or sudo that is missing is said in words', async () => {
  const world = simulatedWorld();
  const machine = new MemoryMachine(
    { name: 'web1', claim: new AbortController().signal, log: { append: async () => {} } },
    world,
  );
  const call = () => callTool(machine, 'www-data', 'remove', {}, z.unknown(), { timeoutMs: 1_000, effect: 'changes' });
  await assert.rejects(call(), /PHP is missing on web1/);
  for (const [stderr, message] of [
    ['sudo: a password is required', /cannot run PHP as www-data on web1: sudo: a password is required/],
    ['sudo: php: command not found', /PHP is missing on web1/],
  ] as const) {
    world.programs.set('php', () => ({ exitCode: 1, stderr: `${stderr}\n` }));
    await assert.rejects(
      call(),
      (error) => error instanceof Problem && message.test(error.message) && error.hint !== undefined,
    );
  }
});

test('no sudo where the machine works as the site’s user already, and no secret in what is logged', async () => {
  const world = simulatedWorld();
  world.programs.set('php', () => ({ stdout: '{"ok":true,"answer":{}}' }));
  for (const we of ['www-data', 'aegir']) {
    const machine = new MemoryMachine(
      { name: 'web1', claim: new AbortController().signal, log: { append: async () => {} } },
      world,
    );
    world.programs.set('id', () => ({ stdout: `${we}\n` }));
    await callTool(machine, 'www-data', 'remove', {}, z.unknown(), { timeoutMs: 1_000, effect: 'changes' });
  }
  assert.deepEqual(world.ran, ['id -un', 'php', 'id -un', 'sudo -n -u www-data php']);
});

test('sites are found with what their own settings say; one that dies, hangs or lies harms no other; links are no sites', async (t) => {
  const good = (name: string) =>
    `<?php $databases['default']['default'] = ['driver' => 'mysql', 'database' => '${name}', 'username' => 'u', 'password' => 'p\\'w', 'host' => 'db1', 'port' => '3307']; $settings['hash_salt'] = 'salty'; function same() {}`;
  const platform = await platformWith(t, {
    'a.com': good('a'),
    'b.com': '<?php exit;',
    'c.com': good('c'),
    'd.com': '<?php function {',
    'e.com': '<?php posix_kill(posix_getpid(), SIGKILL);',
    default: good('default'),
    all: good('all'),
  });
  await symlink(`${platform.root}/sites/a.com`, `${platform.root}/sites/link.com`);
  const { machine, events } = testMachine();
  const found = await drupal.sitesFound(machine, platform);
  assert.deepEqual(
    found.map(({ directory, database: known }) => [directory, known?.name ?? null]),
    [
      ['a.com', 'a'],
      ['b.com', null],
      ['c.com', 'c'],
      ['d.com', null],
      ['e.com', null],
    ],
  );
  const [first] = found;
  assert.deepEqual(
    { ...first?.database, password: first?.database?.password.reveal() },
    { driver: 'mysql', name: 'a', user: 'u', password: "p'w", host: 'db1', port: 3307 },
  );
  assert.equal(first?.hashSalt?.reveal(), 'salty');
  assert.ok(!JSON.stringify(events).includes("p'w") && !JSON.stringify(events).includes('salty'));
});

test('what the site’s user wrote is removed by that user, below the site’s directory only', async (t) => {
  const platform = await platformWith(t, { 'a.com': '<?php' });
  const installed = testSite(platform, database, 80, { name: 'a.com' });
  const { machine } = testMachine();
  const site = `${platform.root}/sites/a.com`;
  await machine.makeDirectory(`${site}/files/deep`, { mode: '02777' });
  await chmod(`${site}/files`, 0o777);
  await writeFile(`${site}/files/deep/photo.jpg`, 'x');
  await mkdir(`${platform.root}/other`);
  await writeFile(`${platform.root}/other/kept`, 'x');
  await symlink(`${platform.root}/other`, `${site}/files/link`);
  for (const path of [
    '/etc',
    platform.root,
    `${platform.root}/sites`,
    `${platform.root}/sites/a.com.evil`,
    `${site}/../b.com`,
  ])
    await assert.rejects(
      drupal.removeWritten(machine, installed, path),
      (error) => error instanceof Problem && error.code === 'invalid',
      path,
    );
  await drupal.removeWritten(machine, installed, `${site}/files`);
  assert.deepEqual(await readdir(`${site}/files`), [], 'the directory itself is ours to remove');
  assert.equal(await machine.read(`${platform.root}/other/kept`), 'x');
});

test('a sites.php or wp-config.php that is not ours is kept beside ours, once', async () => {
  const world = simulatedWorld();
  const machine = new MemoryMachine(
    { name: 'web1', claim: new AbortController().signal, log: { append: async () => {} } },
    world,
  );
  const platform = { id: '1', name: 'p1', root: '/srv', status: 'enabled', application: null, version: null } as const;
  for (const application of [drupal, wordpress]) {
    const [file] = application.platformFiles(platform);
    if (typeof file?.text !== 'string' || file.foreignTo === undefined) return assert.fail();
    assert.deepEqual(await keepForeign(machine, file), [], 'nothing is there');
    world.put(file.path, file.text);
    assert.deepEqual(await keepForeign(machine, file), [], 'ours is there');
    world.put(file.path, '<?php $sites["x"] = "y";');
    assert.equal((await keepForeign(machine, file)).length, 1);
    assert.equal(world.text(file.foreignTo), '<?php $sites["x"] = "y";');
    assert.equal(world.text(file.path), null);
    world.put(file.path, '<?php // another');
    await assert.rejects(keepForeign(machine, file), (error) => error instanceof Problem && error.code === 'conflict');
  }
});
