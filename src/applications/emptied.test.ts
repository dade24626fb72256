import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testSite } from '../../tests/kit/applications.ts';
import { database } from '../../tests/kit/http-contract.ts';
import { glob } from '../machine/matches.ts';
import type { CopiedAs } from './application.ts';
import { drupal } from './drupal/drupal.ts';
import { wordpress } from './wordpress/wordpress.ts';

const emptied = (version: string, as: CopiedAs, tables: readonly string[]): readonly string[] => {
  const application = version.startsWith('6') ? wordpress : drupal;
  const platform = {
    id: '1',
    name: 'p1',
    status: 'enabled',
    root: '/srv',
    application: application.name,
    version,
  } as const;
  const globs = application.emptied(testSite(platform, database('d'), 80), as);
  return tables.filter((table) => globs.some((one) => glob(one).test(table)));
};

const tables8 = [
  'cache_render',
  'cache_page',
  'cachetags',
  'sessions',
  'queue',
  'node',
  'users',
  'search_index',
  'my_cache_of',
];
const tables7 = ['cache', 'cache_form', 'cache_views_data', 'cache_field', 'sessions', 'queue', 'node', 'search_index'];
const tables = ['wp_options', 'wp_posts', 'wp_usermeta', 'shop_actionscheduler_actions'];

test('the same site keeps all but its caches, and what people have typed in', () => {
  assert.deepEqual(emptied('10.1.2', 'same site', tables8), ['cache_render', 'cache_page']);
  assert.deepEqual(emptied('7.99', 'same site', tables7), ['cache', 'cache_views_data', 'cache_field']);
  assert.deepEqual(emptied('6.1.9', 'same site', tables), []);
});

test('a new site has no sessions, and does none of the work that the old one will do', () => {
  assert.deepEqual(emptied('10.1.2', 'new site', tables8), ['cache_render', 'cache_page', 'sessions', 'queue']);
  assert.deepEqual(emptied('7.99', 'new site', tables7), tables7.slice(0, 6));
  assert.deepEqual(emptied('6.1.9', 'new site', tables), ['shop_actionscheduler_actions']);
});
