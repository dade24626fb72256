import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparedPlatform, comparedSite, enabled, found } from '../../tests/kit/comparison.ts';
import type { ComparedPackage } from './compare-package.ts';
import {
  type ComparedPlatform,
  type ComparedSite,
  type Comparison,
  compare,
  refusalOf,
  type UpdateRules,
} from './comparison.ts';
import type { PackageFound, PackageOnSite } from './package.ts';

/** An application that bears nothing and refuses nothing of its own. */
const strict: UpdateRules = {
  refusesJump: () => null,
  refusesPhp: () => null,
  refusesDatabase: () => null,
  bearsMissing: () => false,
  bearsIncompatible: false,
};

/** A site with these packages goes from one code to another. */
function going(
  packages: readonly PackageOnSite[],
  around: readonly PackageFound[],
  there: readonly PackageFound[],
  more: { site?: Partial<ComparedSite>; platform?: Partial<ComparedPlatform>; rules?: Partial<UpdateRules> } = {},
): Comparison {
  const site = comparedSite({ packages, around, ...more.site });
  return compare(site, comparedPlatform({ packages: there, ...more.platform }), { ...strict, ...more.rules });
}

const results = ({ packages }: Comparison): readonly string[] =>
  packages.map(({ name, result, level }: ComparedPackage) => `${name} ${result} ${level}`);
const messages = ({ problems }: Comparison): readonly string[] => problems.map(({ message }) => message);

test('each package is the same, newer, older or missing there', () => {
  const all = ['same', 'newer', 'older', 'gone'];
  const comparison = going(
    all.map((name) => enabled(name)),
    all.map((name) => found(name, { version: '8.x-1.5' })),
    [
      found('same', { version: '8.x-1.5' }),
      found('newer', { version: '2.0.0' }),
      found('older', { version: '8.x-1.4' }),
      found('other', { version: '1.0' }),
    ],
  );
  assert.deepEqual(results(comparison), [
    'gone missing error',
    'older downgrade error',
    'newer upgrade fine',
    'same same fine',
  ]);
  assert.deepEqual(comparison.counts, { same: 1, upgrade: 1, downgrade: 1, missing: 1 });
  assert.equal(comparison.isPossible, false);
  assert.deepEqual(messages(comparison), [
    'missing on new: gone',
    'older on new than on the site: older (it is 8.x-1.4 there, older than 8.x-1.5)',
  ]);
});

test('the database decides where it knows, whatever the versions say', () => {
  const at = (installed: number, code: number): readonly string[] =>
    results(
      going(
        [enabled('m', { schemaVersion: installed })],
        [found('m', { version: '1.0', schemaVersion: installed })],
        [found('m', { version: '1.0', schemaVersion: code })],
      ),
    );
  assert.deepEqual(at(10100, 10600), ['m upgrade fine']);
  assert.deepEqual(at(10600, 10100), ['m downgrade error']);
  assert.deepEqual(at(10100, 10100), ['m same fine']);
});

test('updates that a scan does not see are no downgrade: the code that is used now has them as little', () => {
  const [m, now] = [enabled('m', { schemaVersion: 7105 }), found('m', { version: '1.0', schemaVersion: 7000 })];
  const comparison = going([m], [now], [found('m', { version: '1.1', schemaVersion: 7000 })]);
  assert.deepEqual(results(comparison), ['m upgrade warning']);
  assert.equal(comparison.isPossible, true);
  assert.equal(going([m], [now], [found('m', { schemaVersion: 6900 })]).isPossible, false);
  assert.equal(going([m], [], [found('m', { schemaVersion: 7000 })]).isPossible, false, 'nobody knows of the code now');
});

test('a database that is older than the updates that are left cannot be updated', () => {
  const there = found('m', { schemaVersion: 8301, lastRemovedUpdate: 8201 });
  const at = (schemaVersion: number): Comparison => going([enabled('m', { schemaVersion })], [found('m')], [there]);
  assert.deepEqual(messages(at(8200)), [
    'too old on the site to be updated by new: m (its database has schema 8200, and the code there updates from 8201 on only)',
  ]);
  assert.equal(at(8201).isPossible, true);
});

test('what is not enabled blocks nothing', () => {
  const off = (name: string): PackageOnSite => enabled(name, { enabled: false, schemaVersion: 7100 });
  const comparison = going(
    [off('gone'), off('older'), off('unfit')],
    ['gone', 'older', 'unfit'].map((name) => found(name, { schemaVersion: 7100 })),
    [found('older', { schemaVersion: 7000 }), found('unfit', { schemaVersion: 7100, coreCompatibility: '^11' })],
  );
  assert.deepEqual(results(comparison), ['gone missing warning', 'older downgrade warning', 'unfit same fine']);
  assert.equal(comparison.isPossible, true);
});

test('a package that only lies elsewhere is worth a note', () => {
  const comparison = going(
    [enabled('m')],
    [found('m', { path: 'modules/m' })],
    [found('m', { path: 'modules/contrib/m' })],
  );
  assert.deepEqual(results(comparison), ['m same note']);
  assert.match(comparison.packages[0]?.findings[0]?.text ?? '', /in modules\/contrib\/m there, not in modules\/m/);
});

test("a site's own packages go with it, and must fit what they come to", () => {
  const own = found('own', { path: 'sites/example.com/modules/own', precedence: 4, coreCompatibility: '^9 || ^10' });
  const to = (version: string): Comparison =>
    going([enabled('own')], [], [], { site: { own: [own] }, platform: { version } });
  const [there] = to('10.1.8').packages;
  assert.deepEqual([there?.result, there?.level, there?.isOwn], ['same', 'fine', true]);
  assert.deepEqual(messages(to('11.0.1')), [
    'not made for the 11.0.1 of new: own (it says that it is for ^9 || ^10, and there is 11.0.1)',
  ]);
  // The site's copy is used wherever it goes, also beside a newer one.
  const beside = going([enabled('own')], [], [found('own', { version: '9.9' })], { site: { own: [own] } });
  assert.deepEqual(results(beside), ['own same fine']);
});

test('what a package needs must be there', () => {
  const needs = found('m', { dependencies: ['views', 'token'], php: '8.3' });
  const comparison = going([enabled('m')], [found('m')], [needs, found('views')]);
  assert.deepEqual(messages(comparison), [
    'in need of another PHP than the server of new has: m (it needs PHP 8.3, and there is 8.2.29)',
    'in need of something that is missing on new: m (it needs token, missing there)',
  ]);
  assert.equal(going([enabled('m')], [found('m')], [needs], { platform: { php: null } }).problems.length, 1);
  const profile = found('p', { type: 'profile', dependencies: ['gone'] });
  assert.equal(going([enabled('p', { type: 'profile' })], [profile], [profile]).isPossible, true);
});

test('an application may bear what another one does not', () => {
  const theme = enabled('t', { type: 'theme' });
  const rules = { bearsMissing: (_: string, { type }: PackageOnSite) => type === 'theme', bearsIncompatible: true };
  const comparison = going([theme, enabled('m')], [], [found('m', { coreCompatibility: '^11' })], { rules });
  assert.deepEqual(results(comparison), ['m same warning', 't missing warning']);
  assert.equal(comparison.isPossible, true);
});

test('a constraint that cannot be read is a warning and not an answer', () => {
  const comparison = going([enabled('m')], [found('m')], [found('m', { coreCompatibility: '^10 || dev-main' })]);
  assert.deepEqual(results(comparison), ['m same warning']);
});

test('a platform must be there, verified and open', () => {
  const at = (platform: Partial<ComparedPlatform>) => going([enabled('m')], [found('m')], [found('m')], { platform });
  assert.deepEqual(messages(at({})), []);
  assert.deepEqual(messages(at({ status: 'locked' })), ['platform new is locked']);
  assert.match(at({ status: 'locked' }).problems[0]?.hint ?? '', /aegir platform unlock new/);
  assert.deepEqual(messages(at({ status: 'deleted' })), ['platform new is deleted']);
  for (const platform of [{ status: 'queued' }, { status: 'failed' }, { isVerified: false }] as const)
    assert.deepEqual(messages(at(platform)), ['platform new is not verified']);
});

test('another application, and a jump that no updates make, are not compared at all', () => {
  const other = going([enabled('m')], [], [], { platform: { application: 'wordpress', version: '6.1.9' } });
  assert.deepEqual([messages(other), other.packages], [['example.com is drupal, and new holds wordpress'], []]);
  const jump = { refusesJump: () => ({ why: 'no way', hint: 'Stay.' }) };
  const refused = going([enabled('m')], [], [], { rules: jump });
  assert.deepEqual([messages(refused), refused.packages], [['no way'], []]);
});

test('PHP and the database server of the new place are looked at', () => {
  const rules = { refusesPhp: () => 'too old a PHP', refusesDatabase: () => 'too old a database' };
  assert.deepEqual(messages(going([enabled('m')], [found('m')], [found('m')], { rules })), [
    'too old a PHP',
    'too old a database',
  ]);
  const unknown = { site: { database: { driver: null, server: null } }, platform: { php: null }, rules };
  assert.deepEqual(messages(going([enabled('m')], [found('m')], [found('m')], unknown)), []);
});

test('a site of which nothing is known is not called fit', () => {
  const comparison = going([], [], []);
  assert.deepEqual(messages(comparison), ['what example.com has enabled is not known']);
});

test('an older core is told as one thing, and not once for each of its modules', () => {
  const core = (version: string): readonly PackageFound[] => [
    found('drupal', { type: 'core', version, schemaVersion: null, path: '' }),
    ...['node', 'user', 'block'].map((name) => found(name, { version, path: `core/modules/${name}` })),
  ];
  const packages = [
    enabled('drupal', { type: 'core', schemaVersion: null }),
    ...['node', 'user', 'block'].map((name) => enabled(name)),
  ];
  const comparison = going(packages, core('10.1.8'), core('10.1.2'), { platform: { version: '10.1.2' } });
  assert.equal(comparison.counts.downgrade, 4);
  assert.deepEqual(messages(comparison), [
    'older on new than on the site: drupal (it is 10.1.2 there, older than 10.1.8)',
  ]);
});

test('versions without an order change nothing', () => {
  const comparison = going(
    [enabled('m'), enabled('n')],
    [found('m', { version: '2.x-dev' }), found('n')],
    [found('m', { version: '2.1.0' }), found('n', { version: '1.0' })],
  );
  assert.deepEqual(results(comparison), ['m same fine', 'n same fine']);
});

test('who must not go on gets one problem with all the reasons', () => {
  const refused = refusalOf('example.com', 'new', going([enabled('a')], [], [], { platform: { status: 'locked' } }));
  assert.equal(refused?.code, 'wrong-status');
  assert.equal(refused?.message, 'platform new is locked; missing on new: a');
  assert.match(refused?.hint ?? '', /platform unlock new.*aegir platform compare new --site example\.com/);
  assert.equal(refusalOf('example.com', 'new', going([enabled('m')], [found('m')], [found('m')])), null);
});

test('many missing ones are counted, not all named', () => {
  const packages = Array.from({ length: 50 }, (_, at) => enabled(`m${String(at).padStart(2, '0')}`));
  const [message = ''] = messages(going(packages, [], []));
  assert.match(message, /^missing on new: m00, m01, .* and 30 more$/);
});
