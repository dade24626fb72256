import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { MemoryMachine } from '../src/machine/memory.ts';
import { mustBePublic } from '../src/sources/debian.ts';
import { checkSandbox } from '../src/sources/sandbox.ts';
import { checkTree } from '../src/sources/tree.ts';
import { testMachine } from './kit/applications.ts';
import { buildFarm, exec, putDrupal, refused, type TarEntry, tarFile } from './kit/build-farm.ts';
import { handsOf } from './kit/machines.ts';

/** What is brought as the code of a platform by who wants something else. */

const php = { name: 'core/lib/Drupal.php', text: "<?php const VERSION = '10.1.2';" };

const hostile: readonly { readonly what: string; readonly entries: readonly TarEntry[]; readonly says: RegExp }[] = [
  { what: 'an absolute path', entries: [{ name: '/tmp/aegir-was-here', text: 'x' }], says: /absolute path/ },
  { what: 'a path that leads out', entries: [{ name: 'a/../../aegir-was-here', text: 'x' }], says: /leads out of it/ },
  {
    what: 'a link to the outside and a file through it',
    entries: [
      { name: 'out', type: '2', target: '/tmp' },
      { name: 'out/aegir-was-here', text: 'x' },
    ],
    says: /bsdtar ended with 1|leads out/,
  },
  {
    what: 'an absolute link',
    entries: [php, { name: 'key', type: '2', target: '/etc/aegir/key' }],
    says: /'key' to '\/etc/,
  },
  {
    what: 'a relative link that leads out',
    entries: [php, { name: 'a/b/c', type: '2', target: '../../../x' }],
    says: /'a\/b\/c' to '..\/..\/..\/x' leads out/,
  },
  {
    what: 'a link that leads out by another one',
    entries: [
      php,
      { name: 'a/b', type: '2', target: 'c/d' },
      { name: 'a/c/d', type: '2', target: '../..' },
      { name: 'e', type: '2', target: 'a/b/../x' },
    ],
    says: /the link 'e'/,
  },
  {
    what: 'links in a circle',
    entries: [php, { name: 'a', type: '2', target: 'b' }, { name: 'b', type: '2', target: 'a' }],
    says: /the link '[ab]'/,
  },
  {
    what: 'a hard link to the outside',
    entries: [php, { name: 'h', type: '1', target: '/etc/passwd' }],
    says: /absolute/,
  },
  {
    what: 'a hard link that leads out',
    entries: [php, { name: 'h', type: '1', target: '../../h' }],
    says: /leads out/,
  },
  { what: 'a character device', entries: [php, { name: 'null', type: '3' }], says: /'null' is a device/ },
  { what: 'a block device', entries: [php, { name: 'disk', type: '4' }], says: /'disk' is a device/ },
  { what: 'a pipe', entries: [php, { name: 'pipe', type: '6' }], says: /'pipe' is a pipe/ },
  { what: 'setuid', entries: [php, { name: 'su', mode: 0o4755, text: '#!' }], says: /'su' would run as its owner/ },
  { what: 'setgid', entries: [php, { name: 'd', type: '5', mode: 0o2755 }], says: /'d' would run as its owner/ },
  { what: 'a name with a new line', entries: [php, { name: '/x\n-rw', text: 'x' }], says: /absolute path/ },
];

for (const { what, entries, says } of hostile)
  test(`an archive with ${what} is refused, and nothing is left`, async (t) => {
    const farm = await buildFarm(t);
    const location = join(farm.directory, 'hostile.tar');
    await writeFile(location, tarFile(entries));
    await refused(farm, { type: 'archive', location }, what.includes('through') ? 'command-failed' : 'invalid', says);
    assert.ok(!existsSync('/tmp/aegir-was-here'));
    assert.deepEqual(readdirSync(farm.directory).toSorted(), ['aegir', 'hostile.tar']);
  });

test('a zip file gets through with nothing that a tar file does not', async (t) => {
  const farm = await buildFarm(t);
  const [tar, location] = [join(farm.directory, 'hostile.tar'), join(farm.directory, 'hostile.zip')];
  const wanted = [
    [{ name: 'a/../../aegir-was-here', text: 'x' }, /leads out of it/],
    [{ name: 'key', type: '2', target: '/etc/aegir/key' }, /'key' to '\/etc/],
    [{ name: 'su', mode: 0o4755, text: '#!' }, /'su' would run as its owner/],
  ] as const;
  for (const [entry, says] of wanted) {
    await writeFile(tar, tarFile([php, entry]));
    await exec('bsdtar', ['-cf', location, '--format', 'zip', `@${tar}`]);
    await refused(farm, { type: 'archive', location }, 'invalid', says);
  }
});

test('an archive that is larger unpacked than a platform may be is refused before it is unpacked', async (t) => {
  const farm = await buildFarm(t);
  const location = join(farm.directory, 'bomb.tar');
  await exec('truncate', ['-s', '10G', join(farm.directory, 'zeros')]);
  await exec('tar', ['-C', farm.directory, '--sparse', '-cf', location, 'zeros']);
  await refused(farm, { type: 'archive', location }, 'too-large', /larger than 4096 MiB/);
});

test('a file that is no archive, or of a format that can name files of the server, is refused', async (t) => {
  const farm = await buildFarm(t);
  const location = join(farm.directory, 'code.tar.gz');
  await writeFile(location, '#mtree\n./index.php type=file contents=/etc/passwd\n');
  await refused(farm, { type: 'archive', location }, 'invalid', /neither tar nor zip/);
  await writeFile(location, 'not an archive at all');
  await refused(farm, { type: 'archive', location }, 'command-failed', /Unrecognized archive format/);
  await writeFile(location, tarFile([php]).subarray(0, 520));
  await refused(farm, { type: 'archive', location }, 'command-failed', /bsdtar ended with 1/);
});

test('a file that only root may read is no archive for us', async (t) => {
  const farm = await buildFarm(t);
  const location = join(farm.directory, 'key');
  await writeFile(location, 'the key of the hub', { mode: 0o600 });
  await refused(farm, { type: 'archive', location }, 'command-failed', /Permission denied/);
});

test('a repository whose submodule points elsewhere on the server gets nothing from there', async (t) => {
  const farm = await buildFarm(t);
  const path = join(farm.directory, 'code.git');
  const other = join(farm.directory, 'other.git');
  for (const repository of [other, path]) {
    await putDrupal(repository);
    await exec('git', ['init', '-q', '-b', 'main', repository]);
    await exec('git', ['-C', repository, 'add', '.']);
    await exec('git', ['-C', repository, '-c', 'user.name=t', '-c', 'user.email=t@t', 'commit', '-qm', 'one']);
  }
  const config = ['-c', 'protocol.file.allow=always', '-c', 'user.name=t', '-c', 'user.email=t@t'];
  await exec('git', ['-C', path, ...config, 'submodule', '--quiet', 'add', other, 'sub']);
  await exec('git', ['-C', path, ...config, 'commit', '-qm', 'two']);
  await refused(
    farm,
    { type: 'git', repository: path },
    'command-failed',
    /does not exist|not appear to be a git repository/,
  );
});

test('what a tree holds is looked at again, however it came to be there', async (t) => {
  const farm = await buildFarm(t);
  const { machine } = testMachine();
  const limits = { bytesMax: 1_000_000, filesMax: 100 };
  const tree = join(farm.directory, 'tree');
  const fresh = async (): Promise<void> => {
    await rm(tree, { recursive: true, force: true });
    await mkdir(join(tree, 'a'), { recursive: true });
  };
  await fresh();
  await writeFile(join(tree, 'a/new\nline\ttab'), 'x');
  await symlink('new\nline\ttab', join(tree, 'a/link'));
  assert.deepEqual(await checkTree(machine, tree, limits), { bytes: 4097 + 12, paths: ['a/new\nline\ttab'] });
  await exec('mkfifo', [join(tree, 'a/pipe')]);
  await assert.rejects(checkTree(machine, tree, limits), /'a\/pipe' is neither a file/);
  await fresh();
  await exec('mknod', [join(tree, 'a/null'), 'c', '1', '3']);
  await assert.rejects(checkTree(machine, tree, limits), /'a\/null' is neither a file/);
  await fresh();
  await writeFile(join(tree, 'su'), '#!');
  await chmod(join(tree, 'su'), 0o4755);
  await assert.rejects(checkTree(machine, tree, limits), /'su' would run as its owner/);
  await fresh();
  await symlink(Buffer.from([0x2e, 0xff]), join(tree, 'a/odd'));
  await assert.rejects(checkTree(machine, tree, limits), /the link 'a\/odd'/);
  await fresh();
  await exec('truncate', ['-s', '2M', join(tree, 'large')]);
  await assert.rejects(checkTree(machine, tree, limits), { code: 'too-large' });
});

test('of a Debian package only what everybody may read is copied', async (t) => {
  const farm = await buildFarm(t);
  const { machine } = testMachine();
  const [code, settings] = [join(farm.directory, 'code'), join(farm.directory, 'config-default.php')];
  await mkdir(code);
  await writeFile(settings, "<?php define('DB_PASSWORD', 'secret');", { mode: 0o644 });
  await symlink(settings, join(code, 'config.php'));
  await mustBePublic(machine, code);
  await chmod(settings, 0o640);
  await assert.rejects(mustBePublic(machine, code), /config.php does not lead to a file that everybody may read/);
  await rm(settings);
  await assert.rejects(mustBePublic(machine, code), /config.php does not lead/);
});

test('where code of others cannot be run safely it is not run, and what is missing is said', async () => {
  const machine = new MemoryMachine(handsOf(new AbortController(), []));
  const { world } = machine;
  const sandbox = { machine, work: '/var/aegir/builds/platform-1', limits: { bytesMax: 1, filesMax: 1 } };
  await assert.rejects(checkSandbox(sandbox), /there is no directory \/var\/aegir\/builds/);
  world.directory('/var/aegir/builds');
  const said = [
    ['sudo: unknown user aegir-build', /there is no user aegir-build/],
    ['sudo: bwrap: command not found', /bubblewrap is missing/],
    ['sudo: a password is required', /sudo: a password is required/],
    ['bwrap: No permissions to create new namespace', /No permissions to create new namespace/],
  ] as const;
  for (const [stderr, why] of said) {
    world.programs.set('bwrap', () => ({ exitCode: 1, stderr: `${stderr}\n` }));
    await assert.rejects(checkSandbox(sandbox), (error: Error & { hint?: string }) => {
      assert.match(error.message, why);
      return error.hint !== undefined;
    });
  }
});
