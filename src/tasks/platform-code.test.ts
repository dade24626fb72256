import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PackageScan } from '../applications/application.ts';
import { changedCode } from './platform-code.ts';

const scan = (seen: PackageScan['seen']): PackageScan => ({ scanner: 'wordpress 1', packages: [], seen, files: {} });

test('a place that does not look as it did was changed', () => {
  const before = scan({ 'wp-content': '1 1 1', 'wp-content/plugins': null });
  assert.deepEqual(changedCode('/srv/p1', before, before), []);
  assert.deepEqual(changedCode('/srv/p1', before, scan({ 'wp-content': '1 2 2', 'wp-content/plugins': null })), [
    '/srv/p1/wp-content was changed',
  ]);
  assert.deepEqual(changedCode('/srv/p1', before, scan({ 'wp-content': '1 1 1', 'wp-content/plugins': '?' })), [
    '/srv/p1/wp-content/plugins was changed',
  ]);
});

test('of what was written a moment before the first look, nobody says that it was changed', () => {
  const before = scan({ 'wp-content/mu-plugins': '?' });
  assert.deepEqual(changedCode('/srv/p1', before, scan({ 'wp-content/mu-plugins': '1 2 2' })), []);
});
