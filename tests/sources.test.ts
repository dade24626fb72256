import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { buildUser } from '../src/model/platform-source.ts';
import { inSandbox, removeSandbox, type Sandbox } from '../src/sources/sandbox.ts';
import { codeBases, testMachine } from './kit/applications.ts';
import { type BuildFarm, below, buildFarm, built, exec, onlyTree, putDrupal, refused } from './kit/build-farm.ts';
import { killedAt } from './kit/killed-worker.ts';

/** Platforms that build themselves, with the real programs. Hostile ones are in sources-hostile.test.ts. */

/** A project in a directory of its own below `farm.directory`. */
async function project(farm: BuildFarm, name = 'project'): Promise<string> {
  const path = join(farm.directory, name);
  await putDrupal(path);
  return path;
}

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

async function served(t: TestContext, farm: BuildFarm): Promise<string> {
  const server = createServer((request, response) => {
    const path = join(farm.directory, request.url ?? '');
    if (request.url === '/moved') response.writeHead(302, { location: '/code.zip' }).end();
    else if (existsSync(path)) response.end(readFileSync(path));
    else response.writeHead(404).end('no such file');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  // A server that listens on a port has an address of this shape.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('an archive on the server: its one directory becomes the platform, its document root is found in it', async (t) => {
  const farm = await buildFarm(t);
  const path = await project(farm, 'drupal-10.1.2');
  await mkdir(`${path}/vendor/bin`);
  await writeFile(`${path}/vendor/bin/tool`, '#!/bin/sh\n', { mode: 0o777 });
  await symlink('../vendor/bin/tool', `${path}/web/tool`);
  await mkdir(`${path}/web/sites/old.example.com`, { recursive: true });
  await writeFile(`${path}/web/sites/old.example.com/settings.php`, "<?php $password = 'secret';\n");
  await chmod(`${path}/web/index.php`, 0o666);
  const location = join(farm.directory, 'code.tar.gz');
  await exec('tar', ['-C', farm.directory, '-czf', location, 'drupal-10.1.2']);
  const { truth, events } = await built(farm, { type: 'archive', location });
  assert.equal(truth.version, '10.1.2');
  const verified = events.findLast((event) => event.type === 'step.done' && event.step === 'scan packages');
  assert.deepEqual(verified?.type === 'step.done' && verified.result, {
    ...{ application: 'drupal', root: `${farm.tree}/web`, version: '10.1.2' },
  });
  assert.ok(existsSync(`${farm.tree}/vendor/autoload.php`));
  const modeOf = (name: string): string => (lstatSync(join(farm.tree, name)).mode & 0o7777).toString(8);
  assert.deepEqual(['vendor/bin/tool', 'web/index.php', 'web/sites/old.example.com/settings.php'].map(modeOf), [
    ...['755', '644', '640'],
  ]);
  const said = events.flatMap((event) => (event.type === 'note' ? [event.text] : []));
  assert.ok(
    said.some((text) => text.includes(sha256(location))),
    said.join('\n'),
  );
});

test('an archive by address: only with the checksum that was asked for', async (t) => {
  const farm = await buildFarm(t);
  const path = await project(farm);
  await exec('zip', ['-qr', join(farm.directory, 'code.zip'), 'web', 'vendor'], { cwd: path });
  const url = await served(t, farm);
  const sum = sha256(join(farm.directory, 'code.zip'));
  await refused(
    farm,
    { type: 'archive', location: `${url}/code.zip`, sha256: '0'.repeat(64) },
    'invalid',
    /has the SHA-256/,
  );
  await refused(farm, { type: 'archive', location: `${url}/none.zip`, sha256: sum }, 'command-failed', /404/);
  await built(farm, { type: 'archive', location: `${url}/moved`, sha256: sum.toUpperCase() });
  assert.ok(existsSync(`${farm.tree}/web/index.php`));
});

test('a directory that is there is taken as it is, and is not ours', async (t) => {
  const farm = await buildFarm(t);
  await putDrupal(farm.tree);
  const before = below(farm.tree).map(({ path, stat }) => [path, stat.mode, stat.ino]);
  const { ending, truth } = await farm.build({ type: 'archive', location: join(farm.directory, 'none.tar') });
  assert.equal(ending.status, 'done', JSON.stringify(ending));
  assert.equal(truth.isBuilt, false);
  const after = new Map(below(farm.tree).map(({ path, stat }) => [path, stat]));
  for (const [path, mode, ino] of before)
    assert.deepEqual([after.get(`${path}`)?.mode, after.get(`${path}`)?.ino], [mode, ino]);
  onlyTree(farm);
});

test('what holds no application, or not at the document root that was named, is not put in place', async (t) => {
  const farm = await buildFarm(t);
  const path = await project(farm);
  await writeFile(join(farm.directory, 'text'), 'hello\n');
  const [empty, location] = [join(farm.directory, 'empty.tar'), join(farm.directory, 'code.tar')];
  await exec('tar', ['-C', farm.directory, '-cf', empty, 'text']);
  await exec('tar', ['-C', path, '-cf', location, '.']);
  await refused(farm, { type: 'archive', location: empty }, 'invalid', /holds no application/);
  await refused(farm, { type: 'archive', location, docroot: 'docs' }, 'not-found', /docs/);
  await refused(farm, { type: 'archive', location: join(farm.directory, 'none.tar') }, 'command-failed', /none.tar/);
  await built(farm, { type: 'archive', location, docroot: 'web' });
});

/** A repository with a submodule below it, two branches and a tag; its hooks and filters would tell on themselves. */
async function repository(farm: BuildFarm): Promise<{ path: string; first: string }> {
  const path = await project(farm, 'code.git');
  const git = (...words: readonly string[]) =>
    exec('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', '-c', 'protocol.file.allow=always', ...words], {
      cwd: path,
    });
  const sub = join(path, 'themes.git');
  await exec('git', ['init', '-q', '-b', 'main', sub]);
  await writeFile(join(sub, 'theme.txt'), 'a theme\n');
  await git('-C', sub, 'add', '.');
  await git('-C', sub, 'commit', '-qm', 'one');
  await git('init', '-q', '-b', 'main');
  await writeFile(join(path, '.gitignore'), 'themes.git\n');
  await writeFile(join(path, '.gitattributes'), '* filter=evil\n');
  await git('add', '.');
  await git('commit', '-qm', 'one');
  const { stdout: first } = await git('rev-parse', 'HEAD');
  await git('remote', 'add', 'origin', path);
  await git('submodule', '--quiet', 'add', './themes.git', 'web/themes/sub');
  await git('commit', '-qm', 'two');
  await git('tag', 'v2');
  await git('checkout', '-q', '-b', 'next');
  await writeFile(join(path, 'web/next.txt'), 'next\n');
  await git('add', '.');
  await git('commit', '-qm', 'three');
  await git('checkout', '-q', 'main');
  const hook = `#!/bin/sh\ntouch ${farm.directory}/hook-ran\n`;
  for (const name of ['post-checkout', 'pre-commit', 'post-update', 'reference-transaction'])
    await writeFile(join(path, '.git/hooks', name), hook, { mode: 0o755 });
  return { path, first: first.trim() };
}

test('a git repository: branch, tag and commit, with submodules, without its history', async (t) => {
  const farm = await buildFarm(t);
  const { path, first } = await repository(farm);
  const wanted = [
    { ref: undefined, next: false, theme: true },
    { ref: 'next', next: true, theme: true },
    { ref: 'v2', next: false, theme: true },
    { ref: first, next: false, theme: false },
  ];
  for (const { ref, next, theme } of wanted) {
    const { events } = await built(farm, { type: 'git', repository: path, ref });
    const has = (name: string): boolean => existsSync(join(farm.tree, 'web', name));
    assert.deepEqual([has('index.php'), has('next.txt'), has('themes/sub/theme.txt')], [true, next, theme], ref);
    assert.deepEqual(
      below(farm.tree).filter((one) => one.path.endsWith('/.git')),
      [],
    );
    assert.ok(events.some((event) => event.type === 'note' && /is the commit [0-9a-f]{40}$/.test(event.text)));
    await rm(farm.tree, { recursive: true });
  }
  await refused(
    farm,
    { type: 'git', repository: path, ref: 'none' },
    'command-failed',
    /couldn't find remote ref none/,
  );
  assert.ok(!existsSync(join(farm.directory, 'hook-ran')));
});

test('the code of a Debian package: whole, without a link to anything that apt may change', async (t) => {
  const farm = await buildFarm(t);
  await built(farm, { type: 'debian', package: 'wordpress' });
  const links = below(farm.tree).filter(({ stat }) => stat.isSymbolicLink());
  assert.deepEqual(links, []);
  for (const name of [
    'wp-includes/certificates/ca-bundle.crt',
    'wp-includes/js/underscore.min.js',
    'wp-includes/ID3/getid3.php',
  ])
    assert.ok(lstatSync(join(farm.tree, name)).size > 0, name);
  await rm(farm.tree, { recursive: true });
  await refused(farm, { type: 'debian', package: 'wordpress-that-is-not' }, 'not-found', /is not installed/);
  await refused(farm, { type: 'debian', package: 'coreutils' }, 'invalid', /installs no application/);
});

test('a Drush make file needs a Drush that has make', async (t) => {
  const farm = await buildFarm(t);
  const makefile = join(farm.directory, 'd7.make');
  await writeFile(makefile, 'api = 2\ncore = 7.x\n');
  const hasMake = await exec('drush', ['make', '--help']).then(
    () => true,
    () => false,
  );
  if (hasMake) return t.skip('there is a Drush with make here');
  await refused(farm, { type: 'makefile', makefile }, 'command-failed', /no Drush with the command 'make'/);
});

test('kill -9 in the middle of each step of a build: another worker ends it, or it is as it was', async (t) => {
  const farm = await buildFarm(t);
  const { path } = await repository(farm);
  const source = { type: 'git', repository: path } as const;
  const { events: goal } = await built(farm, source);
  const whole = below(farm.tree).map(({ path: at, stat }) => `${at} ${stat.mode}`);
  for (const step of ['fetch code', 'check and copy code', 'put code in place', 'write shared files', 'tidy up'])
    for (const share of [0, 0.5]) {
      await rm(farm.tree, { recursive: true });
      const task = { data: farm.data, truth: farm.truth(source), task: 'platform verify', subject: '1' };
      const events = await killedAt(task, step, share, goal, 0);
      const { ending } = await farm.build(source, { events });
      assert.equal(ending.status, 'done', `${step} ${share}: ${JSON.stringify(ending)}`);
      onlyTree(farm);
      assert.deepEqual(
        below(farm.tree).map(({ path: at, stat }) => `${at} ${stat.mode}`),
        whole,
      );
    }
});

test('a build that writes without end is stopped, and all that it started', async (t) => {
  const farm = await buildFarm(t);
  const { machine } = testMachine();
  const work = join(farm.root, 'builds/platform-9');
  const sandbox: Sandbox = { machine, work, limits: { bytesMax: 8 * 1024 * 1024, filesMax: 1000 } };
  await exec('sudo', ['-u', buildUser, 'mkdir', '-p', `${work}/tmp`, `${work}/home`]);
  const loop = `setsid sleep 600 & trap '' TERM; i=0; while :; do i=$((i+1)); head -c 1000000 /dev/zero >${work}/$i; [ $i -lt 30 ] || sleep 600; done`;
  await assert.rejects(inSandbox(sandbox, { argv: ['sh', '-c', loop], timeoutMs: 120_000 }), { code: 'too-large' });
  const large = ['dd', 'if=/dev/zero', `of=${work}/large`, 'bs=9000000', 'count=1'] as const;
  await assert.rejects(inSandbox(sandbox, { argv: large, timeoutMs: 60_000 }), { code: 'command-failed' });
  await assert.rejects(inSandbox(sandbox, { argv: ['sleep', '600'], timeoutMs: 1_000 }), { code: 'timeout' });
  await removeSandbox(sandbox);
  const { stdout } = await exec('sh', ['-c', `pgrep -u ${buildUser} -af ${work} | grep -v defunct || true`]);
  assert.equal(stdout, '');
  assert.ok(!existsSync(work));
});

test('real Drupal 10 from an archive', {
  skip: codeBases.drupal10 === null && 'set AEGIR_TEST_DRUPAL10',
}, async (t) => {
  const farm = await buildFarm(t);
  const code = join(codeBases.drupal10 ?? '', '..');
  const location = join(farm.directory, 'd10.tar.zst');
  await exec('tar', ['-C', code, '--zstd', '-cf', location, '.']);
  const started = performance.now();
  const { truth } = await built(farm, { type: 'archive', location });
  const seconds = (performance.now() - started) / 1000;
  assert.match(truth.version ?? '', /^10\./);
  assert.ok(existsSync(join(farm.tree, 'web/index.php')) && existsSync(join(farm.tree, 'vendor/autoload.php')));
  t.diagnostic(`${below(farm.tree).length} files and directories in ${seconds.toFixed(1)} s`);
});
