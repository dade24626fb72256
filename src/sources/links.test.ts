import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkThatLeadsOut } from './links.ts';

const found = (links: Readonly<Record<string, string>>): string | null =>
  linkThatLeadsOut(new Map(Object.entries(links)));

test('links that stay in the tree are let through, also those to nothing', () => {
  assert.equal(found({}), null);
  assert.equal(found({ 'vendor/bin/drush': '../drush/drush/drush', 'web/a': './b', b: 'c/../d/' }), null);
  assert.equal(found({ 'a/b': '..', 'a/c': '../nothing/at/all' }), null);
  // Up to the top and no further.
  assert.equal(found({ 'a/b/c': '../..' }), null);
});

test('a link that leads out, is absolute or in a circle is named', () => {
  assert.equal(found({ ok: 'x', 'a/b': '../../x' }), 'a/b');
  assert.equal(found({ a: '/etc/passwd' }), 'a');
  assert.equal(found({ a: 'a' }), 'a');
  assert.equal(found({ a: '..' }), 'a');
  assert.equal(found({ 'a\uFFFD': 'x' }), 'a\uFFFD');
});

test("a '..' behind a link is above what the link leads to", () => {
  // As text 'deep/../x' is 'x'; in the tree 'deep' is 'a/b/c', so it is 'a/b/x'.
  assert.equal(found({ deep: 'a/b/c', e: 'deep/../../../x' }), null);
  assert.equal(found({ deep: 'a/b/c', e: 'deep/../../../../x' }), 'e');
  assert.equal(found({ 'a/b/top': '../..', e: 'a/b/top/../x' }), 'e');
});
