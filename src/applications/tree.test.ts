import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFile,
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { testMachine } from '../../tests/kit/applications.ts';
import { openDirectory } from '../../tests/kit/web.ts';
import { scriptText } from './scripts.ts';
import { copyTree, measureTree } from './tree.ts';

const run = promisify(execFile);
const webId = Number(execFileSync('id', ['-u', 'www-data']));

/** Two directories of a site, with the directories in them that the site may write. */
async function trees(t: TestContext) {
  const directory = await openDirectory('aegir-tree');
  t.after(() => directory.remove());
  const [from, to] = [join(directory.path, 'from'), join(directory.path, 'to')];
  for (const at of [from, to]) {
    for (const name of ['', 'files', 'private', 'private/temp', 'modules']) await mkdir(join(at, name));
    for (const name of ['files', 'private', 'private/temp']) {
      await chown(join(at, name), 0, webId);
      await chmod(join(at, name), 0o2770);
    }
  }
  const { machine } = testMachine();
  const tree = { from, to };
  return {
    from,
    to,
    machine,
    /** As a task does it. */
    copy: async () => [
      await copyTree(machine, 'www-data', { ...tree, only: ['files', 'private'], except: [] }),
      await copyTree(machine, null, { ...tree, only: null, except: ['files', 'private'] }),
    ],
    asWeb: (...argv: readonly string[]) => run('sudo', ['-n', '-u', 'www-data', ...argv], { cwd: join(from, 'files') }),
    same: async () => assert.deepEqual(await listed(to), await listed(from)),
  };
}

/** Path, kind, mode, owner, group, time and content of everything. */
async function listed(root: string): Promise<readonly string[]> {
  const names = await readdir(root, { recursive: true });
  const lines = names.toSorted().map(async (name) => {
    const stat = await lstat(join(root, name));
    const { stdout } = await run('stat', ['--printf', '%F %a %u %g', join(root, name)]);
    if (stat.isSymbolicLink()) return `${name} ${stdout}`;
    const time = stat.isDirectory() && stat.uid === 0 && stat.gid === webId ? '' : Math.floor(stat.mtimeMs / 1000);
    return `${name} ${stdout} ${time} ${stat.isFile() ? await readFile(join(root, name), 'latin1') : ''}`;
  });
  return Promise.all(lines);
}

test('a copy has content, mode, owner, group and times of what it is a copy of', async (t) => {
  const { from, copy, asWeb, same } = await trees(t);
  await asWeb('mkdir', '-p', '-m', '2775', 'pictures/a b');
  await asWeb(
    'sh',
    '-c',
    'echo one >one.txt; echo two >"pictures/a b/two"; chmod 600 one.txt; mkdir -m 700 closed; echo x >closed/x',
  );
  await asWeb('touch', '-d', '2001-02-03 04:05:06', 'one.txt');
  await asWeb('ln', '-s', 'one.txt', 'link');
  await asWeb('ln', '-s', '/nowhere/at all', 'dangling');
  await writeFile(join(from, 'local.settings.php'), '<?php // mine', { mode: 0o440 });
  await chown(join(from, 'local.settings.php'), 0, webId);
  await mkdir(join(from, 'modules/mine'));
  await writeFile(join(from, 'modules/mine/mine.module'), 'm');
  const [web, ours] = await copy();
  assert.deepEqual([web?.files, ours?.files], [3, 2]);
  await same();
});

test('asked again it copies what has changed, however it tries to hide that, and removes what went', async (t) => {
  const { from, to, machine, copy, asWeb, same } = await trees(t);
  for (const name of ['stays', 'changes', 'hides', 'goes', 'becomes']) await asWeb('sh', '-c', `echo 1234 >${name}`);
  for (const name of ['stays', 'changes', 'hides', 'goes', 'becomes'])
    await utimes(join(from, 'files', name), 1e9, 1e9);
  await asWeb('mkdir', '-p', 'directory/in/it');
  await asWeb('sh', '-c', 'echo 1 >directory/in/it/file');
  await copy();
  // Copied a second time, as they were made in the second of their copy; from then on they are old.
  while ((await copyTree(machine, 'www-data', { from, to, only: ['files'], except: [] })).files > 0);
  const stays = await lstat(join(to, 'files/stays'));
  await asWeb(
    'sh',
    '-c',
    'echo 4321 >changes; rm goes; rm -r directory; echo now a file >directory; rm becomes; mkdir becomes',
  );
  // Of the same size and with the old time: only its ctime knows.
  await writeFile(join(from, 'files/hides'), '5678\n');
  await utimes(join(from, 'files/hides'), 1e9, 1e9);
  const again = await copyTree(machine, 'www-data', { from, to, only: ['files'], except: [] });
  assert.equal(again.removed, 1);
  await same();
  assert.equal((await lstat(join(to, 'files/stays'))).ctimeMs, stays.ctimeMs);
});

test('links are never followed, and one into the site leads into its copy', async (t) => {
  const { from, to, copy, asWeb } = await trees(t);
  await asWeb('ln', '-s', '/etc', 'etc');
  await asWeb('ln', '-s', `${from}/private`, 'private');
  await asWeb('ln', '-s', `${from}-other/x`, 'other');
  await copy();
  const targets = await Promise.all(
    ['etc', 'private', 'other'].map((name) => run('readlink', [join(to, 'files', name)])),
  );
  assert.deepEqual(
    targets.map(({ stdout }) => stdout.trim()),
    ['/etc', `${to}/private`, `${from}-other/x`],
  );
  // What was a directory in the copy is removed as such, and not what a link in its place leads to.
  await asWeb('mkdir', join(to, 'files/trap'));
  await asWeb('ln', '-s', '/etc', join(to, 'files/trap/etc'));
  await copy();
  await assert.rejects(lstat(join(to, 'files/trap')));
  assert.ok((await readdir('/etc')).length > 0);
});

test('what cannot be read or is a link at the top fails by name, and what is excepted is left alone', async (t) => {
  const { from, to, machine, copy } = await trees(t);
  await writeFile(join(from, 'files/secret'), 'x', { mode: 0o600 });
  await assert.rejects(copy(), { code: 'application-failed', message: /files\/secret cannot be read by www-data/ });
  await rm(join(from, 'files/secret'));
  await writeFile(join(from, 'private/database.sqlite'), 'theirs');
  await writeFile(join(to, 'private/database.sqlite'), 'copied as a database');
  await copyTree(machine, 'www-data', { from, to, only: ['private'], except: ['private/database.sqlite'] });
  assert.equal(await readFile(join(to, 'private/database.sqlite'), 'utf8'), 'copied as a database');
  await rm(join(from, 'files'), { recursive: true });
  await symlink('/var', join(from, 'files'));
  await assert.rejects(copy(), { code: 'conflict', message: /is a link/ });
});

test('with links a copy is another name of the file, and what is removed or replaced in it stays in the source', async (t) => {
  const { from, to, machine, asWeb, same } = await trees(t);
  await asWeb('sh', '-c', 'echo 1 >one; mkdir in; echo 2 >in/two; ln -s one link');
  const all = { from, to, only: ['files'], except: [], links: true };
  const copied = await copyTree(machine, 'www-data', all);
  assert.deepEqual([copied.files, copied.bytes], [2, 0]);
  await same();
  const inode = async (path: string) => (await lstat(path)).ino;
  assert.equal(await inode(join(to, 'files/in/two')), await inode(join(from, 'files/in/two')));
  assert.equal((await copyTree(machine, 'www-data', all)).files, 0);
  await rm(join(to, 'files/in'), { recursive: true });
  assert.equal(await readFile(join(from, 'files/in/two'), 'utf8'), '2\n');
  // One that was written anew in the source since is another file.
  await asWeb('sh', '-c', 'echo 3 >new; mv new one');
  await copyTree(machine, 'www-data', all);
  await same();
});

test('a file that grows while it is copied is whole in the end', async (t) => {
  const { from, to, machine } = await trees(t);
  const path = join(from, 'files/log');
  await writeFile(path, 'x'.repeat(20_000_000));
  await chmod(path, 0o644);
  const growing = new AbortController();
  const grow = (async () => {
    while (!growing.signal.aborted) await appendFile(path, 'more');
  })();
  await copyTree(machine, 'www-data', { from, to, only: ['files'], except: [] });
  growing.abort();
  await grow;
  await copyTree(machine, 'www-data', { from, to, only: ['files'], except: [] });
  assert.equal((await lstat(join(to, 'files/log'))).size, (await lstat(path)).size);
});

test('once nobody listens any more, nothing is removed and nothing is copied', async (t) => {
  const { from, to, asWeb } = await trees(t);
  await asWeb('sh', '-c', 'echo 1 >new');
  await writeFile(join(to, 'files/gone'), 'was there before');
  const input = { from, to, only: ['files'], except: [], links: false, seconds: 60 };
  const php = spawn('php', { stdio: ['pipe', 'pipe', 'ignore'] });
  php.stdout.destroy();
  php.stdin.end(scriptText('copy tree', input));
  assert.notEqual((await once(php, 'exit'))[0], 0);
  assert.deepEqual(await readdir(join(to, 'files')), ['gone']);
});

test('what there is to copy is measured as a disk counts it', async (t) => {
  const { from, machine, asWeb } = await trees(t);
  const empty = await measureTree(machine, 'www-data', from);
  await asWeb('sh', '-c', 'head -c 1000000 /dev/zero >a; truncate -s 5000000 sparse; mkdir -m 700 b; echo 1 >b/c');
  const full = await measureTree(machine, 'www-data', from);
  assert.equal(full.files - empty.files, 4);
  assert.ok(full.bytes - empty.bytes >= 6_000_000, String(full.bytes - empty.bytes));
});
