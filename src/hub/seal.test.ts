import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../tests/kit/postgres.ts';
import { Secret } from '../model/secret.ts';
import { readSealKey, seal, sealKey, unseal } from './seal.ts';

const key = sealKey(randomBytes(32));

test('what was sealed is unsealed, any text, and twice the same looks different', () => {
  for (const text of ['', 'secret', 'ünï\0😀', 'x'.repeat(100_000)])
    assert.equal(unseal(key, seal(key, new Secret(text), 'p'), 'p').reveal(), text);
  assert.notDeepEqual(seal(key, new Secret('a'), 'p'), seal(key, new Secret('a'), 'p'));
});

test('moved to another row or column it opens nowhere', () => {
  const sealed = seal(key, new Secret('s'), 'site.db_password:7');
  assert.throws(() => unseal(key, sealed, 'site.db_password:8'), { code: 'conflict', message: /something else/ });
});

test('each changed bit is noticed', () => {
  const sealed = seal(key, new Secret('s'), 'p');
  for (let at = 0; at < sealed.length * 8; at += 1) {
    const changed = Buffer.from(sealed);
    changed[at >> 3]! ^= 1 << (at & 7);
    assert.throws(() => unseal(key, changed, 'p'), { code: 'conflict' });
  }
  for (let length = 0; length < sealed.length; length += 1)
    assert.throws(() => unseal(key, sealed.subarray(0, length), 'p'), { code: 'conflict' });
});

test('another key is told from a damaged value', () => {
  assert.throws(() => unseal(sealKey(randomBytes(32)), seal(key, new Secret('s'), 'p'), 'p'), {
    code: 'conflict',
    message: /another key/,
    hint: /share one/,
  });
});

test('a key file is made only when asked for, once, for its owner only', async (t) => {
  const path = join(await temporaryDirectory(t), 'key');
  await assert.rejects(readSealKey(path), { code: 'not-found' });
  const all = await Promise.all([1, 2, 3, 4].map(() => readSealKey(path, { make: true })));
  const [first] = all;
  for (const one of all) assert.deepEqual(one, first);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual((await readSealKey(path)).key, await readFile(path));
});

test('a key file that others can read, or that is damaged, is refused', async (t) => {
  const path = join(await temporaryDirectory(t), 'key');
  await readSealKey(path, { make: true });
  await chmod(path, 0o640);
  await assert.rejects(readSealKey(path), { code: 'forbidden', hint: /chmod 600/ });
  await writeFile(path, 'short');
  await chmod(path, 0o600);
  await assert.rejects(readSealKey(path), { code: 'invalid' });
});
