import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeKey } from '../hub/hub-key.ts';
import { publicKeyOf } from './ssh-key.ts';

test('a private key tells which public key is its own, and nothing else does', () => {
  const { public: line, private: key } = makeKey();
  assert.equal(`${publicKeyOf(key.reveal())} aegir-hub`, line);
  for (const wrong of [
    '',
    'x',
    '-----BEGIN OPENSSH PRIVATE KEY-----',
    Buffer.from('openssh-key-v1\0').toString('base64'),
  ])
    assert.equal(publicKeyOf(wrong), null, wrong);
});
