import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../model/problem.ts';
import { tlsPortOf, upOptions } from './up-options.ts';

test('what is not said stays open, so that a second ./up keeps what is there', () => {
  const options = upOptions([]);
  assert.deepEqual(
    [options.http, options.db, options.port, options.site],
    [undefined, undefined, undefined, undefined],
  );
  assert.equal(options.wantsSite, true);
});

test('https is beside http: 443 beside 80, 8443 beside 8080', () => {
  assert.deepEqual([tlsPortOf(80), tlsPortOf(8080)], [443, 8443]);
});

test('the host name of the site is stored in one spelling', () => {
  assert.equal(upOptions(['--site', 'WWW.Exämple.com']).site, 'www.xn--exmple-cua.com');
});

for (const argv of [
  ['--port', '0'],
  ['--port', '65535'],
  ['--port', '80; reboot'],
  ['--http', 'lighttpd'],
  ['--db', ''],
  ['--site', '-rf'],
  ['--site', 'no spaces.example.com'],
  ['--unknown'],
  ['word'],
])
  test(`refuses ${argv.join(' ')}`, () => {
    assert.throws(
      () => upOptions(argv),
      (error) => error instanceof Problem && error.code === 'invalid',
    );
  });
