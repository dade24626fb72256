import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions, satisfies } from './version.ts';

test('versions are compared as their projects mean them', () => {
  const rising = [
    ['10.1.2', '10.1.10', '10.10', '11.0.0-dev', '11.0.0-alpha1', '11.0.0-beta2', '11.0.0-rc1', '11.0.0'],
    ['8.x-1.0-unstable1', '8.x-1.0-beta4', '8.x-1.0-beta11', '8.x-1.5', '8.x-1.10', '2.0.0', '2.0.1'],
    ['7.x-3.9', '7.x-3.24', '7.x-4.0-rc1', '7.x-4.0'],
    ['6.1.9', '6.2-beta1', '6.2'],
    ['v1.0', '1.1'],
  ];
  for (const versions of rising)
    for (const [at, version] of versions.entries()) {
      assert.equal(compareVersions(version, version), 0, version);
      for (const later of versions.slice(at + 1)) {
        assert.ok((compareVersions(version, later) ?? 0) < 0, `${version} < ${later}`);
        assert.ok((compareVersions(later, version) ?? 0) > 0, `${later} > ${version}`);
      }
    }
  assert.equal(compareVersions('8.2.36', '8.2.36-1+deb12u2'), 0);
  assert.equal(compareVersions('10.1', '10.1.0'), 0);
  assert.ok((compareVersions('8.x-3.24+5-dev', '8.x-3.25') ?? 0) < 0);
});

test('what has no order is not guessed at', () => {
  for (const version of ['dev-main', '2.x-dev', '8.x-3.x-dev', '', 'VERSION', 'one', '1.x'])
    assert.equal(compareVersions(version, '1.0'), null, version);
});

test('a constraint is read as Composer reads it', () => {
  const cases: readonly (readonly [constraint: string, within: readonly string[], without: readonly string[]])[] = [
    ['^9.5 || ^10', ['9.5.0', '9.5.11', '10.0.0', '10.6.12', '10.0.0-beta1'], ['9.4.15', '11.0.0', '8.9.20']],
    ['^9 | ^10', ['9.0.0', '10.1.2'], ['11.0.0']],
    ['^8.8||^9', ['8.9.20', '9.5.11'], ['8.7.14']],
    ['>=8.8 <11', ['8.8.0', '10.1.2'], ['11.0.0', '8.7.9']],
    ['>= 8.8, < 10', ['9.0.0'], ['10.0.0']],
    ['8.x', ['8.0.0', '8.9.20'], ['9.0.0', '7.105']],
    ['7.x', ['7.105'], ['8.0.0']],
    ['~10.1', ['10.1.2', '10.6.0'], ['11.0.0', '10.0.9']],
    ['~10.1.2', ['10.1.2', '10.1.8'], ['10.2.0', '10.1.1']],
    ['~9', ['9.5.0'], ['10.0.0']],
    ['9.5.*', ['9.5.11'], ['9.6.0']],
    ['*', ['11.2.0'], []],
    ['9.5 - 10', ['9.5.0', '10.6.1'], ['11.0.0']],
    ['10.1.2', ['10.1.2'], ['10.1.3', '10.1.1']],
    ['!=10.1.2', ['10.1.3'], ['10.1.2']],
    ['>10.1.2', ['10.1.3'], ['10.1.2']],
    ['<=10.1.2', ['10.1.2'], ['10.1.3']],
    ['^0.3', ['0.3.9'], ['0.4.0']],
    ['^10@dev', ['10.1.2'], ['9.5.0']],
    ['>=6.0', ['6.1.9'], ['5.9']],
  ];
  for (const [constraint, within, without] of cases) {
    for (const version of within) assert.equal(satisfies(version, constraint), true, `${version} in ${constraint}`);
    for (const version of without) assert.equal(satisfies(version, constraint), false, `${version} in ${constraint}`);
  }
});

test('a constraint that cannot be read is no answer', () => {
  for (const constraint of ['self.version', '^', 'abc', '^9 || dev-main'])
    assert.equal(satisfies('10.1.2', constraint), null);
  assert.equal(satisfies('dev-main', '^10'), null);
});
