import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const begin = "import { test } from 'node:test';";

test('a file is named once when tests in it fail, when it cannot be loaded, and when it ends in the middle; a skipped test with why', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'aegir-failed-and-skipped-'));
  t.after(() => rm(directory, { recursive: true }));
  const files = {
    'fails.test.mjs': `${begin} test('one', () => { throw new Error('no') }); test('two', () => { throw new Error('no') });`,
    'inner.test.mjs': `${begin} test('outer', (t) => t.test('inner', () => { throw new Error('no') }));`,
    'load.test.mjs': "throw new Error('at once');",
    'ends.test.mjs': `${begin} test('one', () => process.exit(3));`,
    'passes.test.mjs': `${begin} test('one', () => {});`,
    'skips.test.mjs': `${begin} test('one', { skip: 'no server' }, () => { throw new Error('no') });`,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  const reporter = join(import.meta.dirname, 'failed-and-skipped.ts');
  const words = ['--test', `--test-reporter=${reporter}`, '--test-reporter-destination=stdout'];
  const { NODE_TEST_CONTEXT: _, ...env } = process.env; // else the inner run would speak to the outer one
  const { promise, resolve } = Promise.withResolvers<string>();
  const paths = Object.keys(files).map((name) => join(directory, name));
  execFile(process.execPath, [...words, ...paths], { env, timeout: 60_000 }, (_error, stdout) => resolve(stdout));
  assert.deepEqual((await promise).trim().split('\n').toSorted(), [
    ...['ends', 'fails', 'inner', 'load'].map((name) => `failed ${join(directory, `${name}.test.mjs`)}`),
    'skipped one: no server',
  ]);
});
