import { chmod, chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '../src/machine/command.ts';
import { LocalMachine } from '../src/machine/local.ts';
import type { Machine } from '../src/machine/machine.ts';
import { copyCode } from './hosting.ts';
import type { Mariadb } from './mariadb.ts';

/** This computer, for references: what it does is logged nowhere. */
export const here = (): Machine =>
  new LocalMachine({ name: 'localhost', log: { append: async () => {} }, claim: new AbortController().signal });

const password = 'reference-0123456789';
const installMaxMs = 300_000;

/** Installs once by the application's own installer, without Aegir, and answers how long that took. */
export type OwnInstaller = (round: number) => Promise<number>;

/** `wp_install()` as www-data, called as its own web installer calls it, but for the request that it makes to itself. */
export async function wordpressInstaller(mariadb: Mariadb, source: string, copy: string): Promise<OwnInstaller> {
  await copyCode(source, copy);
  return async (round) => {
    const name = `wordpress_alone_${round}`;
    await mariadb.database(name, password);
    const constants = { DB_NAME: name, DB_USER: name, DB_PASSWORD: password, DB_HOST: `localhost:${mariadb.socket}` };
    const lines = Object.entries(constants).map(([key, value]) => `define('${key}', '${value}');`);
    const rest = "$table_prefix = 'wp_';\ndefine('ABSPATH', __DIR__ . '/');\nrequire ABSPATH . 'wp-settings.php';\n";
    await writeFile(join(copy, 'wp-config.php'), `<?php\n${lines.join('\n')}\n${rest}`);
    return timed({ ...command`sudo -n -u www-data php`, stdin: wordpressScript(copy), timeoutMs: installMaxMs });
  };
}

const wordpressScript = (root: string): string => `<?php
$_SERVER += ['HTTP_HOST' => 'alone.example.com', 'SERVER_PROTOCOL' => 'HTTP/1.1', 'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/'];
define('WP_INSTALLING', true);
require '${root}/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
add_filter('pre_wp_mail', '__return_true');
add_filter('pre_http_request', fn () => ['headers' => [], 'body' => '', 'response' => ['code' => 200, 'message' => 'OK'], 'cookies' => []]);
$made = wp_install('Alone', 'admin', 'admin@example.com', true, '', 'password-of-nobody');
exit(empty($made['user_id']) ? 1 : 0);
`;

/** `drush site:install minimal` with the Drush of the code base, as www-data. */
export async function drushInstaller(mariadb: Mariadb, source: string, copy: string): Promise<OwnInstaller> {
  await copyCode(source, copy);
  const site = join(copy, 'web/sites/default');
  const { uid, gid } = await wwwData();
  return async (round) => {
    const name = `drupal_alone_${round}`;
    await mariadb.database(name, password);
    for (const left of ['settings.php', 'files', 'services.yml'])
      await rm(join(site, left), { recursive: true, force: true });
    await chmod(site, 0o755);
    await chown(site, uid, gid);
    const url = `mysql://${name}:${password}@127.0.0.1:${mariadb.port}/${name}`;
    const what = ['site:install', 'minimal', '--yes', '--site-name=Alone', `--db-url=${url}`];
    const drush = join(copy, 'vendor/bin/drush');
    return timed({ ...command`sudo -n -u www-data ${drush} ${what}`, cwd: join(copy, 'web'), timeoutMs: installMaxMs });
  };
}

async function timed(what: Parameters<Machine['run']>[0]): Promise<number> {
  const startedAt = performance.now();
  await here().run(what);
  return performance.now() - startedAt;
}

async function wwwData(): Promise<{ uid: number; gid: number }> {
  const { stdout } = await here().run(command`id -u www-data`);
  const { stdout: group } = await here().run(command`id -g www-data`);
  return { uid: Number(stdout), gid: Number(group) };
}
