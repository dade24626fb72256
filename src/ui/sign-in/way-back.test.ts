import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wayBack } from './way-back.ts';

const origin = 'https://panel.example.com';

test('one is led back to a page of the panel, with all of its address', () => {
  for (const to of ['/', '/sites?q=shop#3', '/tasks/7']) assert.equal(wayBack(to, origin), to);
});

test('nobody is led elsewhere, nor around in a circle', () => {
  for (const to of [
    ...[
      undefined,
      '',
      'https://evil.example/',
      '//evil.example/',
      '/\\evil.example',
      '\\\\evil.example',
      '/\t/evil.example',
    ],
    ...[
      'javascript:alert(1)',
      'http://panel.example.com/',
      'https://panel.example.com@evil.example/',
      '/sign-in?to=/sites',
      '/invitation#x',
    ],
  ])
    assert.equal(wayBack(to, origin), '/', to);
});
