import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSite } from '../../../tests/kit/applications.ts';
import type { Platform } from '../../model/platform.ts';
import { Secret } from '../../model/secret.ts';
import type { DatabaseAddress } from '../../model/site.ts';
import { drupalFiles, hostPatterns } from './settings.ts';

const platform = (version: string): Platform => ({
  id: '1',
  name: 'p1',
  root: '/srv/p1',
  status: 'enabled',
  application: 'drupal',
  version,
});

const database: DatabaseAddress = {
  driver: 'mysql',
  name: 'a_db',
  user: 'a_user',
  password: new Secret('a_password'),
  host: 'localhost',
  port: null,
  socket: '/run/mysqld/mysqld.sock',
};

const settingsOf = (version: string, site: object = {}, lines: readonly string[] = []): string => {
  const file =
    drupalFiles(testSite(platform(version), database, 80, site), lines).find(({ once }) => !once) ?? assert.fail();
  assert.ok(file.path.endsWith('/settings.php'));
  assert.deepEqual([file.mode, file.group], ['0440', 'www-data']);
  assert.ok(file.text instanceof Secret, 'the salt in it must not be logged');
  return file.text.reveal();
};

const after = (text: string, prefix: string, answer: string): unknown =>
  JSON.parse(
    execFileSync('php', { input: `<?php ${prefix} ?>${text}\necho json_encode(${answer});`, encoding: 'utf8' }),
  );

const parameters = `foreach (['DRIVER' => 'mysql', 'NAME' => 'a_db', 'USER' => 'a_user', 'PASSWORD' => 'a_password', 'HOST' => 'localhost', 'PORT' => '', 'SOCKET' => '/run/mysqld/mysqld.sock'] as $k => $v) $_SERVER["AEGIR_DB_$k"] = $_SERVER["REDIRECT_AEGIR_DB_$k"] = $_SERVER["REDIRECT_REDIRECT_AEGIR_DB_$k"] = $v;`;

for (const version of ['7.105', '9.3.0', '10.1.2', '11.0.0']) {
  test(`settings of Drupal ${version} hold no credentials, take them from the request and leave none there`, () => {
    const text = settingsOf(version);
    for (const secret of ['a_db', 'a_user', 'a_password']) assert.ok(!text.includes(secret), secret);
    const read = after(
      text,
      parameters,
      `[$databases['default']['default'], array_values(preg_grep('/AEGIR_DB/', array_keys($_SERVER)))]`,
    ) as [Record<string, unknown>, string[]]; // What PHP printed is what the line above asks for.
    assert.deepEqual(read[1], []);
    const { driver, database: name, username, password, unix_socket: socket } = read[0];
    assert.deepEqual(
      [driver, name, username, password, socket],
      ['mysql', 'a_db', 'a_user', 'a_password', '/run/mysqld/mysqld.sock'],
    );
  });
}

test('lines of plug-ins stand before the include of the operator, who has the last word', () => {
  const text = settingsOf('10.1.2', {}, [`$settings['from_a_plugin'] = 1;`]);
  assert.ok(text.indexOf('from_a_plugin') < text.indexOf("local.settings.php')) include"));
  const [local] = drupalFiles(testSite(platform('10.1.2'), database, 80), []);
  assert.deepEqual([local?.once, local?.path.endsWith('/local.settings.php')], [true, true]);
});

test('no text of a site can become code', () => {
  const text = fc.sample(fc.string({ unit: 'binary', maxLength: 40 }), 10).map((odd) => odd.toWellFormed());
  for (const odd of [`'; system('id'); //`, '?><?php exit(1);', ...text]) {
    const settings = settingsOf('10.1.2', {
      directory: odd,
      hashSalt: new Secret(odd),
      name: odd,
      title: odd,
      profile: odd,
    });
    const salt = after(settings, '', `$settings['hash_salt']`);
    assert.equal(salt, odd.replaceAll('\0', ''));
  }
});

test('host patterns fit the names of the site and nothing else', () => {
  const alias = (name: string) => ({ name, redirect: false });
  const patterns = hostPatterns({
    name: 'www.example.com',
    aliases: [alias('a.org'), alias('*.b.org')],
    redirection: 'a.org',
  });
  const fits = (host: string) => patterns.some((pattern) => new RegExp(pattern).test(host));
  for (const host of ['www.example.com', 'a.org', 'x.b.org', 'x.y.b.org']) assert.ok(fits(host), host);
  for (const host of [
    'wwwxexample.com',
    'www.example.com.evil.org',
    'xa.org',
    'a.orgx',
    'b.org',
    'localhost',
    '.b.org\n',
    'x.b.org.evil',
  ])
    assert.ok(!fits(host), host);
});
