import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparedPlatform, comparedSite, enabled, found } from '../../tests/kit/comparison.ts';
import { compare } from '../model/comparison.ts';
import { drupalRules } from './drupal/rules.ts';
import { wordpressRules } from './wordpress/rules.ts';

/** Why a Drupal site with nothing but its core does not get from one version to another. */
function drupal(
  from: { version: string; schema: number },
  to: { version: string; schema: number; lastRemoved?: number; php?: string },
): readonly string[] {
  const system = (version: string, schemaVersion: number, lastRemovedUpdate: number | null = null) =>
    found('system', { version, schemaVersion, lastRemovedUpdate, path: 'core/modules/system' });
  const site = comparedSite({
    version: from.version,
    packages: [enabled('system', { schemaVersion: from.schema })],
    around: [system(from.version, from.schema)],
  });
  const packages = [system(to.version, to.schema, to.lastRemoved)];
  const platform = comparedPlatform({ version: to.version, packages, php: to.php ?? '8.2.29' });
  return compare(site, platform, drupalRules).problems.map(({ message }) => message);
}

test('Drupal is updated within its generations as far as its own code says', () => {
  const ten = { version: '10.1.8', schema: 10100, lastRemoved: 9411 };
  assert.deepEqual(drupal({ version: '9.5.10', schema: 9500 }, ten), []);
  assert.deepEqual(drupal({ version: '10.1.2', schema: 10100 }, ten), []);
  assert.match(drupal({ version: '9.3.22', schema: 9301 }, ten)[0] ?? '', /too old on the site/);
  assert.match(drupal({ version: '8.9.20', schema: 8901 }, ten)[0] ?? '', /too old on the site/);
  const eleven = { version: '11.0.1', schema: 11000, lastRemoved: 10300, php: '8.3.6' };
  assert.match(drupal({ version: '10.1.8', schema: 10100 }, eleven)[0] ?? '', /too old on the site/);
  assert.deepEqual(drupal({ version: '7.99', schema: 7086 }, { version: '7.105', schema: 7088 }), []);
});

test('no updates lead from Drupal 7 to a later one, nor back', () => {
  assert.deepEqual(drupal({ version: '7.105', schema: 7088 }, { version: '10.1.8', schema: 10100 }), [
    'no updates lead from Drupal 7.105 to 10.1.8',
  ]);
  assert.deepEqual(drupal({ version: '10.1.8', schema: 10100 }, { version: '7.105', schema: 7088 }), [
    'no updates lead from Drupal 10.1.8 to 7.105',
  ]);
});

test('an older Drupal is refused', () => {
  assert.match(drupal({ version: '7.105', schema: 7088 }, { version: '7.99', schema: 7086 })[0] ?? '', /^older on new/);
  assert.match(drupal({ version: '10.6.1', schema: 10600 }, { version: '10.1.8', schema: 10100 })[0] ?? '', /^older/);
});

test('what Drupal needs of PHP and databases is as its core says', () => {
  const { refusesPhp, refusesDatabase } = drupalRules;
  assert.equal(refusesPhp('11.0.1', '8.2.29'), 'Drupal 11.0.1 needs PHP 8.3.0 or later, and there is 8.2.29');
  assert.equal(refusesPhp('11.0-dev', '8.3.0'), null);
  assert.equal(refusesPhp('10.1.2', '8.0.30'), 'Drupal 10.1.2 needs PHP 8.1.0 or later, and there is 8.0.30');
  assert.equal(refusesPhp('8.9.20', '8.2.29'), 'Drupal 8.9.20 needs PHP before 8.0.0, and there is 8.2.29');
  assert.equal(refusesPhp('7.105', '8.2.29'), null);
  const refused = [
    ['mysql', '11.0.1', '10.5.23-MariaDB-1', /needs MariaDB 10\.6/],
    ['mysql', '11.0.1', '5.7.44', /needs MySQL 8\.0/],
    ['pgsql', '11.0.1', '15.18 (Debian 15.18-0+deb12u1)', /needs PostgreSQL 16/],
    ['sqlite', '11.0.1', '3.40.1', /needs SQLite 3\.45/],
    ['mysql', '10.1.2', '10.3.6-MariaDB', /needs MariaDB 10\.3\.7/],
  ] as const;
  for (const [driver, version, server, message] of refused)
    assert.match(refusesDatabase(driver, version, server) ?? '', message);
  const accepted = [
    ['mysql', '11.0.1', '10.11.6-MariaDB-0+deb12u1'],
    ['mysql', '11.0.1', '8.0.36'],
    ['pgsql', '10.1.2', '15.18'],
    ['sqlite', '10.1.2', '3.40.1'],
    ['mysql', '7.105', '10.11.6-MariaDB'],
    ['pgsql', '11.0.1', null],
  ] as const;
  for (const [driver, version, server] of accepted)
    assert.equal(refusesDatabase(driver, version, server), null, `${driver} ${version} ${server}`);
});

test('Drupal 8 and later go nowhere without all that is enabled, Drupal 7 without what nobody sees', () => {
  const cases = [
    [enabled('m'), found('m')],
    [enabled('m'), found('m', { hidden: true })],
    [enabled('m'), null],
    [enabled('t', { type: 'theme' }), found('t', { type: 'theme' })],
    [enabled('t', { type: 'theme', isDefault: true }), found('t', { type: 'theme' })],
    [enabled('p', { type: 'profile' }), null],
  ] as const;
  const borne = (version: string) => cases.map(([one, now]) => drupalRules.bearsMissing(version, one, now));
  assert.deepEqual(borne('10.1.8'), [false, false, false, false, false, false]);
  assert.deepEqual(borne('7.105'), [false, true, true, true, false, false]);
});

test('WordPress is moved by the schema of its core, and needs the plug-ins and the theme that it uses', () => {
  const core = (version: string, schemaVersion: number) =>
    found('wordpress', { type: 'core', version, schemaVersion, php: '7.4', path: '' });
  const go = (schema: number, to: number, more: readonly ReturnType<typeof found>[] = []) => {
    const site = comparedSite({
      ...{ application: 'wordpress', version: '6.1', profile: '', around: [core('6.1', schema), ...more] },
      packages: [
        enabled('wordpress', { type: 'core', schemaVersion: schema }),
        ...more.map(({ type, name }) => enabled(name, { type, schemaVersion: null })),
      ],
    });
    const platform = comparedPlatform({ application: 'wordpress', version: '6.4', packages: [core('6.4', to)] });
    return compare(site, platform, wordpressRules).problems.map(({ message }) => message);
  };
  assert.deepEqual(go(53_496, 56_657), []);
  assert.match(go(56_657, 53_496)[0] ?? '', /^older on new than on the site: wordpress/);
  const packages = [
    found('shop', { type: 'plugin', schemaVersion: null }),
    found('guard', { type: 'mu-plugin', schemaVersion: null }),
    found('look', { type: 'theme', schemaVersion: null }),
  ];
  assert.deepEqual(go(53_496, 56_657, packages), ['missing on new: shop, look']);
  assert.match(wordpressRules.refusesDatabase('sqlite', '6.1', null) ?? '', /not with sqlite/);
});
