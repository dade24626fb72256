import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { databaseName } from './name.ts';

test('it can be read', () => {
  assert.equal(databaseName('www.example.com', '7'), 'example_com_7');
  assert.equal(databaseName('xn--bcher-kva.example', '12'), 'xn_bcher_kva_example_12');
  assert.equal(databaseName('1234.de', '3'), 'de_3');
  assert.equal(databaseName('1.2', '3'), 'site_3');
  assert.equal(databaseName('pg.example.com', '3'), 'pgexample_com_3');
  assert.equal(databaseName('pg', '3'), 'pg3');
});

test('names that share their first sixteen characters are different', () => {
  const [one, other] = [
    databaseName('averylongnameofasite.example.com', '1'),
    databaseName('averylongnameofasite.example.com', '11'),
  ];
  assert.notEqual(one, other);
});

test('whatever the names are, two sites never share one, and every server takes it', () => {
  const id = fc.bigInt({ min: 1n, max: 9_223_372_036_854_775_807n }).map(String);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), id, fc.string(), id, (name, one, otherName, other) => {
      assert.match(databaseName(name, one), /^(?!pg_)[a-z][a-z0-9_]{0,31}$/);
      if (one !== other) assert.notEqual(databaseName(name, one), databaseName(otherName, other));
    }),
  );
});
