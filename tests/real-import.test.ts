import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { siteDelete } from '../src/tasks/site-delete.ts';
import { siteDisable } from '../src/tasks/site-disable.ts';
import { siteImport } from '../src/tasks/site-import.ts';
import { siteInstall } from '../src/tasks/site-install.ts';
import { codeBases } from './kit/applications.ts';
import { hand } from './kit/farm.ts';
import { played, withoutBackup } from './kit/played.ts';
import { type RealFarm, type RealFarmMore, realFarm } from './kit/real-farm.ts';
import { freshTruth, siteName } from './kit/truth.ts';

const sources = [
  { what: 'WordPress', application: 'wordpress', source: codeBases.wordpress },
  { what: 'Drupal 10', application: 'drupal', source: codeBases.drupal10 },
  { what: 'Drupal 7', application: 'drupal', source: codeBases.drupal7 },
] as const;

for (const { what, source, ...more } of sources) {
  const skip = source === null && `no code of ${what} here: set AEGIR_TEST_DRUPAL10 and AEGIR_TEST_DRUPAL7`;
  test(
    `a ${what} site that lies in its platform is imported, and its database outlives it`,
    { skip, timeout: 20 * 60_000 },
    (t) => imports(t, { ...more, source: source ?? '' }),
  );
}

async function imports(t: TestContext, more: RealFarmMore): Promise<void> {
  const farm = await realFarm(t, more);
  const installed = await played(farm.place, farm.truth, [siteInstall]);
  const titleOf = async (): Promise<string> => /<title>([^<]*)/.exec((await farm.page('/')).text)?.[1] ?? '';
  const title = await titleOf();
  assert.match(title, /\S/);
  const settings = await makeForeign(farm, installed.scan);

  const found = { ...freshTruth(), scan: installed.scan, platform: installed.platform, server: installed.server };
  const truth = await played(farm.place, found, [siteImport]);
  assert.deepEqual([truth.site, truth.databaseIsOurs], ['enabled', false]);
  assert.equal((await farm.page('/')).status, 200);
  assert.equal(await titleOf(), title, 'its own content');
  assert.ok(existsSync(`${settings}.before-import`), 'its own settings are kept');

  await played(farm.place, truth, [siteDisable]);
  await played(farm.place, truth, [siteDelete], '7', withoutBackup(siteDelete));
  assert.equal((await farm.page('/')).status, 404);
  assert.match(await farm.world(), /^database examplecom_7$/m, 'the database was there before, so it stays');
  // The MariaDB of this process serves the other tests of this file too.
  await farm.server.sql(`drop database examplecom_7; drop user examplecom_7@localhost`);
}

/** Takes our virtual host and our settings away, and writes settings as somebody else would have: with credentials. */
async function makeForeign(farm: RealFarm, scan: typeof farm.truth.scan): Promise<string> {
  const truth = { ...farm.truth, scan, site: 'enabled' as const };
  const { http, installed } = await hand(farm.place, truth).load.site('7');
  await http.destroy(siteName);
  const { name, user, password, host, socket } = installed.database;
  const directory = join(farm.data.platformRoot, 'sites', siteName);
  const isWordpress = farm.data.application === 'wordpress';
  const path = join(directory, isWordpress ? 'wp-config.php' : 'settings.php');
  for (const one of ['local.settings.php', 'local.wp-config.php']) await rm(join(directory, one), { force: true });
  const salt = installed.site.hashSalt.reveal();
  const words = { name, user, password: password.reveal(), host, socket };
  await rm(path);
  await writeFile(path, isWordpress ? wordpressSettings(words) : drupalSettings(words, salt), { mode: 0o644 });
  return path;
}

interface Words {
  readonly name: string;
  readonly user: string;
  readonly password: string;
  readonly host: string;
  readonly socket: string | null;
}

const wordpressSettings = ({ name, user, password, host }: Words): string => `<?php
define('DB_NAME', '${name}');
define('DB_USER', '${user}');
define('DB_PASSWORD', '${password}');
define('DB_HOST', '${host}');
$table_prefix = 'wp_';
require_once ABSPATH . 'wp-settings.php';
`;

/** As both Drupal 7 and 10 read it. */
const drupalSettings = ({ name, user, password, host, socket }: Words, salt: string): string => `<?php
$databases['default']['default'] = ['driver' => 'mysql', 'database' => '${name}', 'username' => '${user}',
  'password' => '${password}', 'host' => '${host}', 'unix_socket' => '${socket ?? ''}', 'prefix' => ''];
$settings['hash_salt'] = '${salt}';
$drupal_hash_salt = '${salt}';
`;
