import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../tests/kit/postgres.ts';
import { fingerprint, hostKeysIn } from './host-keys.ts';

test('of what ssh-keyscan says the keys are taken, and nothing that only looks like one', () => {
  const keys = [`ecdsa-sha2-nistp256 ${'B'.repeat(50)}=`, `ssh-ed25519 ${'A'.repeat(68)}`];
  const scanned = `# web1:22 SSH-2.0-OpenSSH\nweb1 ${keys[1]}\nweb1 ${keys[0]}\nweb1 ssh-dss ${'A'.repeat(60)}\nweb1 ssh-rsa x;y\n`;
  assert.deepEqual(hostKeysIn(scanned), keys);
});

test('a fingerprint is the one that ssh-keygen shows', async (t) => {
  const directory = await temporaryDirectory(t);
  for (const type of ['ed25519', 'ecdsa', 'rsa']) {
    const path = join(directory, type);
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', path]);
    const shown = execFileSync('ssh-keygen', ['-lf', `${path}.pub`], { encoding: 'utf8' });
    const [, sum] = shown.split(' ');
    assert.equal(fingerprint(readFileSync(`${path}.pub`, 'utf8').trim()), `${type.toUpperCase()} ${sum}`);
  }
});
