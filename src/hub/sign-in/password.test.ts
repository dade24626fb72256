import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPassword, passwordHash } from './password.ts';

test('a hash says how it was made, is never the same twice, and knows its password in any spelling', async () => {
  const hash = await passwordHash('Fünfzehn Zeichen');
  assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.notEqual(await passwordHash('Fünfzehn Zeichen'), hash);
  assert.deepEqual(await isPassword('Fünfzehn Zeichen'.normalize('NFD'), hash), { right: true, stale: false });
  assert.deepEqual(await isPassword('fünfzehn zeichen', hash), { right: false, stale: false });
});

test('a hash that was made for less cost is known, and known to be stale', async () => {
  const { argon2Sync } = await import('node:crypto');
  const cost = { memory: 8192, passes: 1, parallelism: 1 };
  const salt = Buffer.from('sixteen bytes ok');
  const tag = argon2Sync('argon2id', { message: 'correct horse battery', nonce: salt, tagLength: 32, ...cost });
  const text = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
  const hash = `$argon2id$v=19$m=8192,t=1,p=1$${text(salt)}$${text(tag)}`;
  assert.deepEqual(await isPassword('correct horse battery', hash), { right: true, stale: true });
  assert.deepEqual(await isPassword('correct horse', hash), { right: false, stale: false });
});

test('nobody has a password, also not the one whose hash is nothing', async () => {
  for (const guess of ['', 'x', '\0'.repeat(32)])
    assert.deepEqual(await isPassword(guess, null), { right: false, stale: false });
});
