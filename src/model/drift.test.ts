import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Compared, differenceOf, masked } from './drift.ts';

const side = (text: string | null, rights: string | null = '0644 aegir') => ({ text, rights });
const compared = (more: Partial<Compared>): Compared => ({
  what: '/x',
  is: null,
  should: null,
  isSecret: false,
  ...more,
});
const of = (more: Partial<Compared>) => differenceOf(compared(more), (text) => text);

test('what differs is shown from what is there to what should be', () => {
  const { kind, diff } = of({ is: side('a\nb\nc\n'), should: side('a\nB\nc\n') });
  assert.equal(kind, 'differs');
  assert.equal(diff, '--- /x (as it is)\n+++ /x (as it should be)\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c');
});

test('missing, surplus and other rights are told apart', () => {
  assert.equal(of({ should: side('a\n') }).kind, 'missing');
  assert.equal(of({ is: side('a\n') }).kind, 'surplus');
  const rights = of({ is: side('a', '0644 root'), should: side('a', '0440 www-data') });
  assert.deepEqual(
    [rights.kind, rights.diff?.split('\n').slice(2)],
    ['rights', ['-mode 0644 root', '+mode 0440 www-data']],
  );
  assert.deepEqual(of({ should: side(null) }), { what: '/x', kind: 'missing', diff: null });
});

test('a secret is in no diff, neither the one of today nor an older or foreign one', () => {
  const secret = 'h4nter-two';
  for (const line of [
    `-$settings['hash_salt'] = '${secret}';`,
    `-  'password' => "${secret}",`,
    `+password="${secret}"`,
    `-  fastcgi_param AEGIR_DB_PASSWORD ${secret};`,
    `-SetEnv AEGIR_DB_PASSWORD ${secret}`,
    `-define('AUTH_SALT', '${secret}');`,
    `-$db_url = 'mysql://me:${secret}@localhost/x';`,
    `-a.example.com "e|o|1f|x|/i.php|1|f|/r|/s|d|mysql|n|u|h|1|s|${secret}";`,
    `+api_key: ${secret}`,
    ` token=${secret}`,
  ])
    assert.doesNotMatch(masked([line]).join('\n'), /h4nter/, line);
  assert.doesNotMatch(masked([`-  'password' =>`, `-    '${secret}',`]).join('\n'), /h4nter/);
  assert.doesNotMatch(masked(['- Xk92jdkKJD72kdjJKD82kkd1']).join(), /Xk92/, 'what is drawn by chance');
  const all = of({ is: side(`x ${secret}`), should: side(`y ${secret}`), isSecret: true });
  assert.doesNotMatch(all.diff ?? '', /h4nter/);
  const key = of({ is: side('-----BEGIN PRIVATE KEY-----\nabc\n'), should: side('x') });
  assert.doesNotMatch(key.diff ?? '', /abc/);
});

test('what is no secret stays readable', () => {
  for (const line of [
    '-  ssl_certificate_key /etc/ssl/x.key;',
    ' root /var/aegir/platforms/d10/web;',
    "+$settings['x'] = 'y';",
  ])
    assert.equal(masked([line])[0], line);
});

test('a diff is as long as somebody reads, and of two long texts only their lengths are told', () => {
  const long = Array.from({ length: 1000 }, (_, at) => `line ${at}`).join('\n');
  const { diff } = of({ is: side(''), should: side(long) });
  assert.ok((diff?.split('\n').length ?? 0) < 210);
  assert.match(diff ?? '', /and \d+ more lines$/);
  assert.match(of({ is: side('a'.repeat(600_000)), should: side('b') }).diff ?? '', /600000 and 1 characters/);
});
