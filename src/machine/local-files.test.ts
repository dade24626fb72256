import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeText } from './local-files.ts';

/** Writes a file without end, until it is killed; says when it has begun. */
const endless = (path: string): string => `
  import { writeText } from '${join(import.meta.dirname, 'local-files.ts')}';
  for (;;) { await writeText(${JSON.stringify(path)}, 'x'.repeat(1e6), 0o600, -1); process.stdout.write('.'); }`;

test('what a killed writer left half written is gone once the file is written again; a living one keeps its own', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'aegir-write-'));
  t.after(() => rm(directory, { recursive: true }));
  const path = join(directory, 'settings.php');
  let left: readonly string[] = [];
  // It is killed at no certain place, so as often as it takes.
  while (!left.some((name) => name.endsWith('.new'))) {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', endless(path)], {
      env: { ...process.env, NODE_TEST_CONTEXT: undefined },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    left = await readdir(directory);
  }
  const [fresh = ''] = left.filter((name) => name.endsWith('.new'));
  const living = fresh.replace(/\.\d+-/, `.${process.pid}-9`);
  const anothers = fresh.replace(/^\.[^.]+/, '.another-file');
  for (const name of [living, anothers]) await writeFile(join(directory, name), '');

  await writeText(path, 'whole', 0o600, -1);
  assert.equal(await readFile(path, 'utf8'), 'whole');
  assert.deepEqual((await readdir(directory)).toSorted(), [living, anothers, 'settings.php'].toSorted());
  assert.equal(spawnSync('stat', ['-c', '%a', path]).stdout.toString().trim(), '600');
});
