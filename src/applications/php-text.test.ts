import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { phpList, phpString } from './php-text.ts';

const hostile = [
  `'; system('id'); //`,
  `\\'; system('id'); //`,
  `\\\\'; system('id'); //`,
  '?><?php system("id");',
  '{$a} $' + '{b} $c `id`',
  '\r\n\t\u2028\u2029\u202e',
  '\\',
  `'`,
  '\\u{0}',
  '<<<EOT\nEOT;',
  'Zoë 😀',
];

test('whatever a text holds, PHP reads it back as it was and runs none of it', () => {
  const texts = [
    ...hostile,
    ...fc.sample(fc.string({ unit: 'binary', maxLength: 60 }), 600),
    ...quotesAndSlashes(),
  ].map((text) => text.replaceAll('\0', '').toWellFormed());
  const read = execFileSync('php', {
    input: `<?php echo json_encode(${phpList(texts)}, JSON_THROW_ON_ERROR);`,
    encoding: 'utf8',
  });
  assert.deepEqual(JSON.parse(read), texts);
});

const quotesAndSlashes = (): readonly string[] =>
  fc
    .sample(fc.array(fc.constantFrom("'", '\\', '"', '$', '{', '}', '?>', '<?php', '\n', 'a', ';')), 600)
    .map((parts) => parts.join(''));

test('a zero byte is left out, as no file name and no title has one', () => {
  assert.equal(phpString('a\0b'), "'ab'");
});
