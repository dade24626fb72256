import assert from 'node:assert/strict';
import { test } from 'node:test';
import { furnished } from '../../tests/kit/hub.ts';
import { terminal } from '../../tests/kit/terminal.ts';

test('a source is said by its type and then its fields, which are kept as they were written', async (t) => {
  const { run } = await terminal(t, await furnished(t));
  const create = ['platform', 'create', 'd11', '--root', '/var/aegir/platforms/d11', '--no-wait', '--json'];
  const fields = ['composer', 'package=drupal/recommended-project', 'version=10'].flatMap((one) => ['--source', one]);
  const made = await run([...create, ...fields]);
  assert.equal(made.code, 0, made.err);
  const { source, tree } = JSON.parse(made.out).platform;
  assert.deepEqual(source, { type: 'composer', package: 'drupal/recommended-project', version: '10' });
  assert.equal(tree, '/var/aegir/platforms/d11');
  assert.match((await run(['platform', 'get', 'd11'])).out, /version=10/);
  const wrong = await run([...create, '--source', 'git', '--source', 'composer=true']);
  assert.deepEqual([wrong.code, wrong.out], [2, '']);
  assert.match(wrong.err, /repository/);
});
