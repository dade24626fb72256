import assert from 'node:assert/strict';
import { test } from 'node:test';
import { glob, isFound } from './matches.ts';

test('globs match as those of find -name do', () => {
  for (const [pattern, name, matches] of [
    ['*.info.yml', 'a.info.yml', true],
    ['*.info.yml', 'a.info.yml~', false],
    ['?.x', '☃.x', true],
    ['[a-c]x', 'bx', true],
    ['[!a-c]x', 'bx', false],
    ['a.c', 'abc', false],
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['(a|b)', 'a', false],
    ['*', '.hidden', true],
    ['*', 'a\nb', true],
  ] as const)
    assert.equal(glob(pattern).test(name), matches, `${pattern} ${name}`);
});

test('what is found is below the root and not below what is pruned', () => {
  assert.ok(isFound('/', '/a', {}));
  assert.ok(!isFound('/a', '/ab', {}));
  assert.ok(!isFound('/a', '/a', {}));
  assert.ok(isFound('/a', '/a/skip', { prune: ['skip'] }));
  assert.ok(!isFound('/a', '/a/skip/b', { prune: ['skip'] }));
  assert.ok(isFound('/skip', '/skip/b', { prune: ['skip'] }));
});
