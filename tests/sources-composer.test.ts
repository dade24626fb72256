import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { buildUser, type PlatformSource } from '../src/model/platform-source.ts';
import { type BuildFarm, type Built, buildFarm, built, exec, onlyTree, refused } from './kit/build-farm.ts';
import { composerRepository, type Seen, type Spied } from './kit/composer-project.ts';
import { killedAt } from './kit/killed-worker.ts';

/** Projects of Composer, whose plug-ins and scripts are somebody else's code: they run, and learn nothing. */

const secret = 'the-secret-of-the-hub';

/** What a hub has that is nobody's business, in places of their own: the real ones are not there where tests run. */
async function secrets(t: TestContext, farm: BuildFarm): Promise<Spied> {
  const key = join(farm.directory, 'key');
  await writeFile(key, secret, { mode: 0o600 });
  await mkdir(join(farm.root, 'backups'), { mode: 0o700 });
  await writeFile(join(farm.root, 'backups/dump.sql'), secret);
  // Everybody on the server may read these two; what is built may not.
  await mkdir(join(farm.root, 'platforms/other'));
  await writeFile(join(farm.root, 'platforms/other/settings.php'), secret);
  const socket = join(farm.directory, 'hub.sock');
  const server = createServer().listen(socket);
  t.after(() => server.close());
  process.env['AEGIR_KEY_OF_THIS_TEST'] = secret;
  t.after(() => delete process.env['AEGIR_KEY_OF_THIS_TEST']);
  return {
    reads: [
      key,
      join(farm.root, 'backups/dump.sql'),
      join(farm.root, 'platforms/other/settings.php'),
      '/etc/shadow',
      '/etc/aegir/key',
      `/proc/${process.pid}/environ`,
      '/proc/1/environ',
    ],
    lists: ['/', '/var', '/etc/aegir', '/run', '/home', '/root', farm.directory, join(farm.root, 'builds')],
    writes: ['/etc/cron.d/spy', '/usr/local/bin/spy', join(farm.root, 'platforms/spy'), join(farm.root, 'builds/spy')],
  };
}

/** Nothing, but whose it is and where. */
function learnedNothing(farm: BuildFarm, spied: Spied): void {
  const text = readFileSync(join(farm.tree, 'web/seen.json'), 'utf8');
  assert.ok(!text.includes(secret), text);
  const seen = JSON.parse(text) as Seen; // The plug-in of this test wrote it.
  assert.equal(seen.uid, Number(execFileSync('id', ['-u', buildUser]).toString()));
  const own = Object.keys(seen.environment).filter(
    (name) =>
      !/^(PATH|LANG|HOME|TMPDIR|PWD|OLDPWD|SHLVL|_|COMPOSER\w*|GIT_\w+|LINES|COLUMNS|SHELL_VERBOSITY|LANGUAGE)$/.test(
        name,
      ),
  );
  assert.deepEqual(own, []);
  for (const path of spied.reads) if (path !== '/proc/1/environ') assert.equal(seen.read[path], false, path);
  for (const path of ['/var', '/etc/aegir', '/run', '/home', '/root']) assert.equal(seen.listed[path], false, path);
  const top = ['.', '..', 'bin', 'dev', 'etc', 'lib', 'lib64', 'proc', 'sbin', 'tmp', 'usr'];
  assert.deepEqual(seen.listed['/'], top);
  assert.deepEqual(
    Object.values(seen.wrote).filter((wrote, at) => wrote && spied.writes[at] !== join(farm.root, 'builds/spy')),
    [],
  );
  assert.ok(
    seen.processes.length < 20 && !seen.processes.some((line) => line.includes('sources-composer')),
    `${seen.processes}`,
  );
  assert.notEqual(seen.asRoot, 0);
  assert.notEqual(seen.crontab, 0);
}

async function leftRunning(farm: BuildFarm): Promise<string> {
  const { stdout } = await exec('pgrep', ['-u', buildUser, '-af', farm.root]).catch(() => ({ stdout: '' }));
  return stdout;
}

test('a project by Composer: without packages for developers, its document root found, vendor/ outside of it', async (t) => {
  const farm = await buildFarm(t);
  const spied: Spied = { reads: [], lists: [], writes: [] };
  const repository = await composerRepository(farm.directory, spied);
  const source: PlatformSource = { type: 'composer', package: 'acme/site', version: '^1', repository };
  const { truth, events } = await built(farm, source);
  assert.equal(truth.version, '10.1.2');
  const has = (name: string): boolean => existsSync(join(farm.tree, name));
  assert.deepEqual(
    ['web/index.php', 'vendor/acme/spy', 'vendor/acme/developers', 'web/script-ran', 'web/vendor'].map(has),
    [...[true, true, false, true, false]],
  );
  const said = events.flatMap((event) => (event.type === 'command.output' ? [event.text] : [])).join('');
  assert.match(said, /looked around/);
  await rm(farm.tree, { recursive: true });
  await refused(farm, { ...source, version: '^2' }, 'command-failed', /composer ended with 1.*acme\/site/s);
});

for (const [what, wanted] of [
  ['create-project', (repository: string): PlatformSource => ({ type: 'composer', package: 'acme/site', repository })],
  [
    'install of a git repository',
    (_: string, git: string): PlatformSource => ({ type: 'git', repository: git, composer: true }),
  ],
] as const)
  test(`${what}: a plug-in finds no secret, no environment, no other program, and leaves nothing running`, async (t) => {
    const farm = await buildFarm(t);
    const spied = await secrets(t, farm);
    const repository = await composerRepository(farm.directory, spied);
    const git = await asRepository(farm, repository);
    const { ending } = await farm.build(wanted(repository, git));
    assert.equal(ending.status, 'done', JSON.stringify(ending));
    await rm(join(farm.root, 'platforms/other'), { recursive: true });
    onlyTree(farm);
    learnedNothing(farm, spied);
    assert.equal(await leftRunning(farm), '');
    assert.ok(existsSync(join(farm.tree, 'web/script-ran')));
  });

/** The project as a repository that carries its packages itself, so that it can be had without a network. */
async function asRepository(farm: BuildFarm, packages: string): Promise<string> {
  const path = join(farm.directory, 'site.git');
  await exec('cp', ['-r', join(farm.directory, 'unpacked-site'), path]);
  await exec('cp', ['-r', packages, join(path, 'packages')]);
  const manifest = JSON.parse(readFileSync(join(path, 'composer.json'), 'utf8'));
  manifest.repositories = [{ 'packagist.org': false }, { type: 'artifact', url: 'packages' }];
  await writeFile(join(path, 'composer.json'), JSON.stringify(manifest));
  await exec('git', ['init', '-q', path]);
  await exec('git', ['-C', path, 'add', '.']);
  await exec('git', ['-C', path, '-c', 'user.name=t', '-c', 'user.email=t@t', 'commit', '-qm', 'one']);
  return path;
}

test('kill -9 while Composer is at work: it is ended before the next worker begins anew', async (t) => {
  const farm = await buildFarm(t);
  const repository = await composerRepository(farm.directory, { reads: [], lists: [], writes: [] });
  const source: PlatformSource = { type: 'composer', package: 'acme/site', repository };
  const { events: goal }: Built = await built(farm, source);
  for (const share of [0.3, 0.6, 0.9]) {
    await rm(farm.tree, { recursive: true });
    const task = { data: farm.data, truth: farm.truth(source), task: 'platform verify', subject: '1' };
    const events = await killedAt(task, 'fetch code', share, goal, 0);
    const { ending } = await farm.build(source, { events });
    assert.equal(ending.status, 'done', JSON.stringify(ending));
    onlyTree(farm);
    assert.equal(await leftRunning(farm), '');
  }
});
