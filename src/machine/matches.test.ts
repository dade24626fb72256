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
  assert.ok(isFound('/', { path: '/a', kind: 'file' }, {}));
  assert.ok(!isFound('/a', { path: '/ab', kind: 'file' }, {}));
  assert.ok(!isFound('/a', { path: '/a', kind: 'file' }, {}));
  assert.ok(isFound('/a', { path: '/a/skip', kind: 'file' }, { prune: ['skip'] }));
  assert.ok(!isFound('/a', { path: '/a/skip/b', kind: 'file' }, { prune: ['skip'] }));
  assert.ok(isFound('/skip', { path: '/skip/b', kind: 'file' }, { prune: ['skip'] }));
  const directories = { names: ['x'], prune: ['skip'], directories: true };
  assert.ok(isFound('/a', { path: '/a/b', kind: 'directory' }, directories));
  assert.ok(!isFound('/a', { path: '/a/b', kind: 'file' }, directories));
  assert.ok(!isFound('/a', { path: '/a/skip', kind: 'directory' }, directories));
});
