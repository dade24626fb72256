import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { query } from '../../src/machine/command.ts';
import type { Machine } from '../../src/machine/machine.ts';
import type { Files } from '../../src/services/file/files.ts';
import { watched } from './watched.ts';

/** A real place to keep files. */
export interface FileWorld {
  readonly machine: Machine;
  readonly files: Files;
  /** A directory for what a test needs besides; what the machine has on its way is in `passing` below it. */
  readonly directory: string;
  /** What nobody may see. */
  readonly secrets: readonly string[];
  /** All that was logged. */
  shown(): string;
  /** As a store that was killed leaves it: the first so many bytes of a file. Missing where a half file cannot come to be. */
  half?(name: string, bytes: Buffer): Promise<void>;
  /** Another content under the name, of the same length; missing where this cannot be done by hand. */
  spoil?(name: string, bytes: Buffer): Promise<void>;
  /** Part of the arguments of the programs that it runs. */
  readonly program: string | null;
}

/** What every engine for files promises, in one story for each, as each login costs time. */
export function fileContract(
  name: string,
  open: (t: TestContext) => Promise<FileWorld>,
  how: 'brief' | 'all' = 'all',
): void {
  test(`${name}: keeps files and directories whole, lists them by page, and shows no secret`, async (t) => {
    const world = await open(t);
    await itsOwnPlace(world);
    await concealed(world);
    // The same engine by another way differs in no more.
    if (how === 'brief') return;
    await files(world);
    await directories(world);
    await pages(world);
    await wrongNames(world);
    await halves(world);
    await streams(world);
    assert.deepEqual(await world.machine.find(`${world.directory}/passing`, {}), [], 'nothing is left on its way');
  });
}

async function itsOwnPlace({ files }: FileWorld): Promise<void> {
  assert.ok((await files.verify()).length > 0, 'the first verify says what it made');
  assert.deepEqual(await files.verify(), []);
  assert.deepEqual(await files.list({ max: 10 }), { names: [], hasMore: false });
  await files.demandRoom(1000);
}

/** Stored, fetched, replaced, removed, each twice. */
async function files({ files, directory }: FileWorld): Promise<void> {
  const bytes = randomBytes(3_000_000);
  const at = join(directory, 'large');
  await writeFile(at, bytes);
  const name = 'shop.example.com-20260801t120000z-1.tar';
  assert.equal(await files.stat(name), null);
  await files.remove(name);
  const [first, second] = [await files.store(at, name), await files.store(at, name)];
  assert.deepEqual({ ...second, storedAt: first.storedAt }, first);
  assert.deepEqual([first.kind, first.bytes, first.blake2b.length], ['file', bytes.length, 128]);
  assert.deepEqual(await files.stat(name), second);
  assert.ok(files.place(name).includes(name));
  const back = join(directory, 'back');
  for (const _ of ['fetched', 'fetched again']) assert.equal((await files.fetch(name, back)).blake2b, first.blake2b);
  assert.ok(bytes.equals(await readFile(back)));
  assert.equal((await stat(back)).mode & 0o777, 0o600);
  await writeFile(at, 'shorter');
  await files.store(at, name);
  await files.fetch(name, back);
  assert.equal(await readFile(back, 'utf8'), 'shorter');
  await writeFile(at, '');
  await files.store(at, 'empty');
  await files.fetch('empty', back);
  assert.equal(await readFile(back, 'utf8'), '');
  for (const gone of [name, 'empty', 'empty']) await files.remove(gone);
  assert.deepEqual((await files.list({ max: 10 })).names, []);
  await assert.rejects(files.fetch(name, back), { code: 'not-found' });
  assert.equal(await readFile(back, 'utf8'), '', 'what was there stays');
  await assert.rejects(files.store(join(directory, 'nothing'), name), { code: 'not-found' });
}

async function directories({ files, directory }: FileWorld): Promise<void> {
  const at = join(directory, 'tree');
  await mkdir(join(at, 'deep/er'), { recursive: true });
  await writeFile(join(at, 'deep/er/ü $(x).txt'), 'in it', { mode: 0o640 });
  await symlink('deep', join(at, 'link'));
  const stored = await files.store(at, 'tree');
  assert.equal(stored.kind, 'directory');
  assert.equal((await files.store(at, 'tree')).blake2b, stored.blake2b, 'the same is packed to the same');
  const back = join(directory, 'tree-back');
  await mkdir(back);
  await writeFile(join(back, 'of before'), 'goes');
  await files.fetch('tree', back);
  assert.deepEqual(await readdir(back), ['deep', 'link']);
  assert.equal(await readFile(join(back, 'deep/er/ü $(x).txt'), 'utf8'), 'in it');
  assert.equal((await stat(join(back, 'deep/er/ü $(x).txt'))).mode & 0o777, 0o640);
  assert.ok((await lstat(join(back, 'link'))).isSymbolicLink());
  assert.equal(await readlink(join(back, 'link')), 'deep');
  await files.remove('tree');
}

async function pages({ files, directory }: FileWorld): Promise<void> {
  const at = join(directory, 'small');
  await writeFile(at, 'small');
  const names = ['B', 'a.b', 'a.b-1'];
  for (const name of names.toReversed()) await files.store(at, name);
  const first = await files.list({ max: 2 });
  assert.deepEqual(first, { names: names.slice(0, 2), hasMore: true });
  const second = await files.list({ max: 2, after: first.names.at(-1) ?? '' });
  assert.deepEqual(second, { names: names.slice(2), hasMore: false });
}

async function wrongNames({ files, directory }: FileWorld): Promise<void> {
  const at = join(directory, 'small');
  for (const name of [
    '',
    '../x',
    'a/b',
    '-rf',
    '.hidden',
    'a..b',
    'a.',
    'x.about',
    'x.part',
    'x.lock',
    'a b',
    'a\nb',
    'ü',
  ])
    for (const asked of [files.store(at, name), files.stat(name), files.remove(name)])
      await assert.rejects(asked, JSON.stringify(name));
}

/** What a killed store leaves is not there, and the next one is not disturbed; what was altered is not taken for what was stored. */
async function halves({ files, directory, half, spoil }: FileWorld): Promise<void> {
  const at = join(directory, 'whole');
  const bytes = randomBytes(100_000);
  await writeFile(at, bytes);
  const name = 'half.tar';
  if (half) {
    await half(name, bytes.subarray(0, 4000));
    assert.equal(await files.stat(name), null);
    await assert.rejects(files.fetch(name, join(directory, 'back')), { code: 'not-found' });
  }
  await files.store(at, name);
  await files.fetch(name, join(directory, 'back'));
  if (spoil) {
    bytes[5000] = (bytes[5000] ?? 0) ^ 1;
    await spoil(name, bytes);
    await assert.rejects(files.fetch(name, join(directory, 'back')), { code: 'conflict' });
    await spoil(name, bytes.subarray(1));
    assert.equal(await files.stat(name), null, 'cut off');
  }
  await files.remove(name);
}

/** Where it carries them: written once, read once, in no list, gone by name with what was half written. */
async function streams({ files, directory }: FileWorld): Promise<void> {
  const { relay } = files;
  if (!relay) return;
  const before = await files.list({ max: 10 });
  const bytes = randomBytes(3_000_000);
  const at = join(directory, 'streamed');
  await writeFile(at, bytes);
  assert.equal(await relay.write('mark-7-a', [query`cat ${at}`, query`gzip`, query`gzip -d`]), bytes.length);
  assert.deepEqual(await files.list({ max: 10 }), before);
  const sum = createHash('md5').update(bytes).digest('hex');
  assert.match(await relay.read('mark-7-a', bytes.length, [query`cat`, query`md5sum`]), new RegExp(`^${sum} `));
  await assert.rejects(relay.read('mark-7-a', bytes.length + 1, [query`cat`]), { code: 'command-failed' });
  await assert.rejects(relay.read('mark-7-b', 1, [query`cat`]), { code: 'command-failed' });
  await assert.rejects(relay.write('mark-7-b', [query`false`]), { code: 'command-failed' });
  await relay.write('mark-77-a', [query`echo other`]);
  for (const _ of ['cleared', 'cleared again']) await relay.clear('mark-7');
  await assert.rejects(relay.read('mark-7-a', bytes.length, [query`cat`]), { code: 'command-failed' });
  assert.equal(await relay.read('mark-77-a', 6, [query`cat`]), 'other\n');
  await relay.clear('mark-77');
}

async function concealed({ files, directory, secrets, program, shown }: FileWorld): Promise<void> {
  const at = join(directory, 'watched');
  await writeFile(at, randomBytes(20_000_000));
  if (program !== null) {
    const seen = await watched(program, files.store(at, 'watched'));
    assert.notEqual(seen, '', `${program} was seen at work`);
    for (const secret of secrets) assert.ok(!seen.includes(secret), 'arguments and environment');
    await files.fetch('watched', at);
    await files.remove('watched');
  }
  for (const secret of secrets) assert.ok(!shown().includes(secret), 'the log');
}
