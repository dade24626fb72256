import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { putDirectory, putFile, putLink } from './files.ts';

async function place(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'aegir-setup-'));
  t.after(() => rm(directory, { recursive: true }));
  return directory;
}

test('a file is written once: what is as wanted is not touched', async (t) => {
  const path = join(await place(t), 'file');
  const owned = { mode: 0o640, group: 'www-data' };
  assert.equal(await putFile(path, 'text', owned), true);
  const { ino } = await stat(path);
  assert.equal(await putFile(path, 'text', owned), false);
  assert.equal((await stat(path)).ino, ino);
  assert.equal((await stat(path)).mode & 0o7777, 0o640);
});

test('a file of the right text and the wrong mode is set right', async (t) => {
  const path = join(await place(t), 'file');
  await writeFile(path, 'text', { mode: 0o666 });
  assert.equal(await putFile(path, 'text', { mode: 0o400 }), true);
  assert.equal((await stat(path)).mode & 0o7777, 0o400);
});

test('what the check refuses leaves the old file and nothing else', async (t) => {
  const directory = await place(t);
  const path = join(directory, 'sudoers');
  await putFile(path, 'old', { mode: 0o440 });
  const refuse = async (): Promise<void> => {
    throw new Error('refused');
  };
  await assert.rejects(putFile(path, 'new', { mode: 0o440 }, refuse), /refused/);
  assert.equal(await readFile(path, 'utf8'), 'old');
  assert.deepEqual(await readdir(directory), ['sudoers']);
});

test('a link that somebody laid in place of a file is replaced, and what it points to is left alone', async (t) => {
  const directory = await place(t);
  const [path, target] = [join(directory, 'file'), join(directory, 'theirs')];
  await writeFile(target, 'theirs');
  await symlink(target, path);
  await putFile(path, 'ours', { mode: 0o644 });
  assert.equal(await readFile(target, 'utf8'), 'theirs');
  assert.equal(await readFile(path, 'utf8'), 'ours');
});

test('a directory gets its owner and mode, and is not made over a file', async (t) => {
  const directory = await place(t);
  const path = join(directory, 'a');
  assert.equal(await putDirectory(path, { mode: 0o711, user: 'www-data' }), true);
  assert.equal(await putDirectory(path, { mode: 0o711, user: 'www-data' }), false);
  await writeFile(join(directory, 'file'), '');
  await assert.rejects(putDirectory(join(directory, 'file'), { mode: 0o711 }), { code: 'conflict' });
});

test('a link is moved in one step, and never laid over a file', async (t) => {
  const directory = await place(t);
  const path = join(directory, 'current');
  assert.equal(await putLink(path, 'one'), true);
  assert.equal(await putLink(path, 'one'), false);
  assert.equal(await putLink(path, 'two'), true);
  await writeFile(join(directory, 'file'), '');
  await assert.rejects(putLink(join(directory, 'file'), 'one'), { code: 'conflict' });
});
