import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { maySudo, sudoersText } from './sudoers.ts';

test('the sudoers file is one that sudo takes', () => {
  execFileSync('visudo', ['-cqf', '-'], { input: sudoersText('a test') });
});

test('what may be run as somebody else is these words, and no more', () => {
  for (const [user, line] of [
    ['root', '/usr/sbin/nginx -t'],
    ['root', '/usr/sbin/apache2ctl graceful'],
    ['www-data', 'php'],
    ['www-data', 'tar --create --file=-'],
    ['mysql', 'cp -t /var/lib/mysql/a /var/lib/mysql/b/t.ibd /var/lib/mysql/b/t.cfg'],
    ['aegir-build', 'bwrap --unshare-all'],
  ] as const)
    assert.ok(maySudo(user, line.split(' ')), line);
  for (const [user, line] of [
    ['root', '/usr/sbin/nginx -c /tmp/x'],
    ['root', '/tmp/nginx -t'],
    ['root', 'sh'],
    ['www-data', 'php -r 1'],
    ['mysql', 'cp -t /etc /var/lib/mysql/b/t.ibd'],
    ['mysql', 'cp -t /var/lib/mysql/a /etc/passwd'],
    ['aegir', 'sh'],
  ] as const)
    assert.ok(!maySudo(user, line.split(' ')), line);
});
