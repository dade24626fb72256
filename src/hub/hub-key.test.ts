import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory, testDatabase } from '../../tests/kit/postgres.ts';
import { hubKey, makeKey } from './hub-key.ts';
import { sealKey } from './seal.ts';

test('the key of the hub is made once, also when two ask for it at the same time', async (t) => {
  const { db } = await testDatabase(t);
  const key = sealKey(randomBytes(32));
  const [one, other] = await Promise.all([hubKey(db, key), hubKey(db, key)]);
  assert.equal(one.private.reveal(), other.private.reveal());
  assert.equal((await hubKey(db, key)).public, one.public);
  await assert.rejects(hubKey(db, sealKey(randomBytes(32))), { code: 'conflict' });
});

test('ssh reads the key, and finds its public half in it', async (t) => {
  const directory = await temporaryDirectory(t);
  for (let number = 0; number < 5; number++) {
    const made = makeKey();
    const path = join(directory, `key${number}`);
    await writeFile(path, made.private.reveal(), { mode: 0o600 });
    assert.equal(execFileSync('ssh-keygen', ['-y', '-f', path], { encoding: 'utf8' }).trim(), made.public);
  }
});
