import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testSite } from '../../tests/kit/applications.ts';
import { Secret } from '../model/secret.ts';
import { applications } from './applications.ts';

const database = {
  driver: 'mysql',
  name: 'd',
  user: 'd',
  password: new Secret('p'),
  host: '',
  port: null,
  socket: null,
} as const;
const routing = (name: string, version: string) => {
  const application = applications.find((one) => one.name === name) ?? assert.fail();
  const { site, platform } = testSite(
    { id: '1', name: 'p1', root: '/srv', status: 'enabled', application: name, version },
    database,
    80,
  );
  return application.routing(site, platform);
};

const deniedPaths =
  `/.git/config /.htaccess /sites/a.com/.ht.sqlite /modules/x/x.module /includes/bootstrap.inc /core/core.services.yml
/composer.json /composer.lock /web.config /settings.php~ /sites/a.com/settings.php.bak /sites/a.com/settings.php.swp /index.php.orig /x.sql /x.sql.gz
/modules/x/README.md /modules/x/LICENSE.txt /core/CHANGELOG.txt /CHANGELOG.txt /vendor/autoload.php /sites/a.com/private/files/secret.pdf
/sites/a.com/private/database.sqlite /sites/a.com/files/private/x /sites/a.com/files/config_abc/sync/x /sites/a.com/files/backup_migrate/x.gz
/sites/a.com/local.settings.php /sites/a.com/files/civicrm/ConfigAndLog/x.log /profiles/x/x.profile /themes/x/template.tpl.php /a/#file#
/sites/.removed-7-a.com/files/x.jpg /misc/x.sh /sites/all/modules/x/CVS/Entries`.split(/\s+/);

const openPaths =
  `/ /node/1 /user/login /admin/config /sites/a.com/files/photo.jpg /sites/a.com/files/report.pdf /robots.txt /favicon.ico /tag /Template
/.well-known/acme-challenge/x /misc/drupal.js /core/misc/drupal.js /themes/x/style.css /sites/a.com/files/notes.txt /en/private /files/x.jpg /about-config`.split(
    /\s+/,
  );

for (const [name, version] of [
  ['drupal', '10.1.2'],
  ['drupal', '7.105'],
  ['wordpress', '6.1.9'],
] as const) {
  const { denied, scripts, frontController } = routing(name, version);
  const isDenied = (path: string) => denied.some((pattern) => new RegExp(pattern).test(path));

  test(`${name} ${version}: source, copies, dot files and private files are denied, pages are not`, () => {
    assert.deepEqual(
      deniedPaths.filter((path) => !isDenied(path)),
      [],
    );
    assert.deepEqual(openPaths.filter(isDenied), []);
  });

  test(`${name} ${version}: only scripts that are meant to be opened are run, and none that installs or lies among uploads`, () => {
    assert.ok(scripts.includes(frontController));
    for (const script of scripts) assert.match(script, /^\/[a-z0-9/_-]+\.php$/);
    const forbidden = /install|setup-config|repair|\/files\/|rebuild/;
    const meant = ['/wp-admin/plugin-install.php', '/wp-admin/theme-install.php'];
    assert.deepEqual(
      scripts.filter((script) => forbidden.test(script) && !meant.includes(script)),
      [],
    );
    assert.deepEqual(scripts.filter(isDenied), []);
  });
}
