import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskEvent } from '../model/event.ts';
import { Secret } from '../model/secret.ts';
import { OutputLog } from './output-log.ts';
import { Scrub } from './scrub.ts';

const secrets = ['abc', 'abcdef', 'two\nlines', 'a.b*c', '', '•'].map((value) => new Secret(value));

test('the longest secret goes as a whole, patterns are taken literally and an empty secret is none', () => {
  const scrub = new Scrub(secrets);
  assert.equal(scrub.text('abcdef abc a.b*c axbbc two\nlines'), '•••• •••• •••• axbbc ••••');
  assert.equal(new Scrub([new Secret('')]).text('as it is'), 'as it is');
});

test('a secret as long as a script is one too, however much it is', () => {
  const long = `<?php // ${'x(["é'.repeat(60_000)}`;
  const scrub = new Scrub([new Secret(long), new Secret('abc')]);
  assert.equal(
    scrub.text(`abc ${long} ${JSON.stringify(long)} ${encodeURIComponent(long)} abc`),
    '•••• •••• "••••" •••• ••••',
  );
  const text = `so ${long} far`;
  for (const end of [4, 1_000, 3 + long.length - 1]) assert.equal(scrub.boundary(text, end), 3);
  for (const end of [2, 3, 3 + long.length, text.length]) assert.equal(scrub.boundary(text, end), end);
});

test('however a text is cut, what is logged is the whole text scrubbed', async () => {
  const text = `abcdef ${'x'.repeat(8_000)}abcdef\nabc two\nlines\n${'line abcdef\n'.repeat(2_000)}two\nlin`;
  const scrub = new Scrub(secrets);
  for (const size of [1, 2, 3, 5, 7, 4_000, 7_999, 8_000, 8_001, 100_000]) {
    const events: TaskEvent[] = [];
    const log = new OutputLog({ append: async (event) => void events.push(event) }, scrub, (error) =>
      assert.fail(String(error)),
    );
    for (let at = 0; at < text.length; at += size) log.add('stdout', text.slice(at, at + size));
    await log.end();
    const said = events.map((event) => (event.type === 'command.output' ? event.text : assert.fail()));
    assert.equal(said.join(''), scrub.text(text), `pieces of ${size}`);
    assert.ok(said.every((piece) => piece.length <= 8_000));
  }
});

test('a log that refuses is told of once for each event, and ends nothing by itself', async () => {
  const refusals: unknown[] = [];
  const refusing = { append: () => Promise.reject(new Error('fenced')) };
  const log = new OutputLog(refusing, new Scrub([]), (error) => refusals.push(error));
  log.add('stdout', 'a\n');
  await log.end();
  assert.equal(refusals.length, 1);
});
