import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { testMachine } from '../../tests/kit/applications.ts';
import { openDirectory } from '../../tests/kit/web.ts';
import { type BroughtTree, bringTree } from './tree-bring.ts';

/** Two directories that stand for the same one on two servers. */
async function sides(
  action: (here: string, there: string, bring: (more?: Partial<BroughtTree>) => Promise<number>) => Promise<void>,
): Promise<void> {
  const directory = await openDirectory('aegir-bring');
  const [here, there] = [join(directory.path, 'a'), join(directory.path, 'b')];
  for (const path of [here, there]) await mkdir(path);
  const { machine } = testMachine();
  try {
    await action(here, there, async (more = {}) => {
      const tree = { source: machine, target: machine, from: here, to: there, except: [], onlyNewer: false, ...more };
      return bringTree(null, tree);
    });
  } finally {
    await directory.remove();
  }
}

const old = new Date('2026-01-01T00:00:00Z');
async function put(path: string, text: string, at = old): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, text);
  await utimes(path, at, at);
}

test('what differs is brought, with modes, times and links; what is only there stays', () =>
  sides(async (here, there, bring) => {
    await put(join(here, 'code/index.php'), 'new');
    await chmod(join(here, 'code'), 0o2750);
    await put(join(here, 'a name\nwith ümlaut'), 'x');
    await symlink('code/index.php', join(here, 'link'));
    await put(join(there, 'code/index.php'), 'older', new Date('2025-01-01'));
    await put(join(there, 'uploads/only-there.txt'), 'kept');
    assert.equal(await bring(), 3);
    assert.equal(await readFile(join(there, 'link'), 'utf8'), 'new');
    assert.equal(await readFile(join(there, 'a name\nwith ümlaut'), 'utf8'), 'x');
    assert.equal(await readFile(join(there, 'uploads/only-there.txt'), 'utf8'), 'kept');
    const { mode, mtimeMs } = await stat(join(there, 'code'));
    assert.equal(mode & 0o7777, 0o2750);
    assert.ok(mtimeMs > 0);
    assert.equal((await stat(join(there, 'code/index.php'))).mtimeMs, old.getTime());
    assert.deepEqual(
      (await readdir(there)).filter((name) => name.startsWith('.')),
      [],
    );
    assert.equal(await bring(), 0, 'asked again, nothing goes');
    await rm(join(here, 'link'));
    assert.equal(await bring(), 0, 'nothing is removed for being gone here');
    assert.equal(await readFile(join(there, 'link'), 'utf8'), 'new');
  }));

test('what is hidden in a directory can be left out, on either side', () =>
  sides(async (here, there, bring) => {
    for (const name of ['sites/all/file', 'sites/.of here/file', '.git/file']) await put(join(here, name), 'one');
    await put(join(there, 'sites/.of there/file'), 'one');
    assert.equal(await bring({ except: ['sites/.*'] }), 2);
    assert.deepEqual((await readdir(join(there, 'sites'))).toSorted(), ['.of there', 'all']);
    assert.equal(await bring({ except: ['sites/.*'] }), 0);
  }));

test('what differs is found in directories of any name, beside what is only there', () =>
  sides(async (here, there, bring) => {
    const odd = 'an ö\ndd \\ name';
    for (const name of ['plain/file', `${odd}/deep/file`, `${odd}/other`]) await put(join(here, name), 'one');
    assert.equal(await bring(), 3);
    await put(join(there, `${odd}/deep/only there`), 'kept');
    assert.equal(await bring(), 0);
    await put(join(here, `${odd}/deep/file`), 'two', new Date('2026-03-03'));
    assert.equal(await bring(), 1);
    assert.equal(await readFile(join(there, `${odd}/deep/file`), 'utf8'), 'two');
    await chmod(join(here, odd), 0o700);
    await chmod(join(here, 'plain/file'), 0o600);
    assert.equal(await bring(), 1);
    assert.equal((await stat(join(there, odd))).mode & 0o777, 0o700);
    assert.deepEqual((await readdir(join(there, `${odd}/deep`))).toSorted(), ['file', 'only there']);
  }));

test('what is newer there stays, when only what is newer is brought', () =>
  sides(async (here, there, bring) => {
    await put(join(here, 'one'), 'here');
    await put(join(there, 'one'), 'there', new Date('2026-02-02'));
    await put(join(here, 'two'), 'here', new Date('2026-02-02'));
    await put(join(there, 'two'), 'there');
    await put(join(here, 'three/four'), 'here');
    assert.equal(await bring({ onlyNewer: true }), 2);
    const read = (name: string) => readFile(join(there, name), 'utf8');
    assert.deepEqual([await read('one'), await read('two'), await read('three/four')], ['there', 'here', 'here']);
  }));

test('what a lost worker had sent half is no hindrance, and is not taken for a file', () =>
  sides(async (here, there, bring) => {
    await put(join(here, 'one'), 'whole');
    await put(join(there, '.aegir-arriving/one'), 'ha');
    assert.equal(await bring({ except: ['two'] }), 1);
    assert.deepEqual([await readdir(there), await readFile(join(there, 'one'), 'utf8')], [['one'], 'whole']);
  }));
