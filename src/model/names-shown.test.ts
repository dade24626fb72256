import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namesShown } from './names-shown.ts';

test('few names are shown, of many the first fifty and how many more there are', () => {
  assert.equal(namesShown(['a', 'b']), 'a, b');
  assert.equal(namesShown(['a', 'b'], 2000), 'a, b and 1998 more');
  const many = Array.from({ length: 51 }, (_, at) => `site${at}`);
  assert.match(namesShown(many), /, site49 and 1 more$/);
});
