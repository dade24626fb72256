import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { compareNow } from '../src/tasks/comparison.ts';
import { siteBackup } from '../src/tasks/site-backup.ts';
import { siteClone } from '../src/tasks/site-clone.ts';
import { siteDelete } from '../src/tasks/site-delete.ts';
import { siteImport } from '../src/tasks/site-import.ts';
import { siteInstall } from '../src/tasks/site-install.ts';
import { siteMigrate } from '../src/tasks/site-migrate.ts';
import { siteRename } from '../src/tasks/site-rename.ts';
import { siteRestore } from '../src/tasks/site-restore.ts';
import { codeBases } from './kit/applications.ts';
import { ask, done } from './kit/backed-up.ts';
import { type RealFarm, type RealFarmMore, realFarm } from './kit/real-farm.ts';
import { sameWorld } from './kit/same-world.ts';
import {
  contextOf,
  hasRun,
  type InUse,
  inside,
  isItself,
  markingUpdate,
  putInUse,
  putPackage,
} from './kit/site-in-use.ts';
import { siteName } from './kit/truth.ts';

/** All that can happen to a site in use, one after the other, on real servers; after each it is itself. */
const kinds = [
  {
    what: 'WordPress on MariaDB',
    source: codeBases.wordpress,
    other: codeBases.wordpress,
    application: 'wordpress',
    db: 'mysql',
  },
  {
    what: 'Drupal 10 on MariaDB',
    source: codeBases.drupal10,
    other: codeBases.drupal10New,
    application: 'drupal',
    db: 'mysql',
  },
  {
    what: 'Drupal 10 on PostgreSQL',
    source: codeBases.drupal10,
    other: codeBases.drupal10New,
    application: 'drupal',
    db: 'postgresql',
  },
  {
    what: 'Drupal 10 on SQLite',
    source: codeBases.drupal10,
    other: codeBases.drupal10New,
    application: 'drupal',
    db: 'sqlite',
  },
  {
    what: 'Drupal 7 on MariaDB',
    source: codeBases.drupal7,
    other: codeBases.drupal7New,
    application: 'drupal',
    db: 'mysql',
  },
  {
    what: 'Drupal 7 on PostgreSQL',
    source: codeBases.drupal7,
    other: codeBases.drupal7New,
    application: 'drupal',
    db: 'postgresql',
  },
] as const;

for (const { what, source, other, ...more } of kinds) {
  const skip =
    (source === null || other === null) && 'set AEGIR_TEST_DRUPAL10, AEGIR_TEST_DRUPAL7 and those that end in _NEW';
  test(
    `${what}: cloned, upgraded, renamed, backed up, deleted and brought back, a site is itself`,
    {
      skip,
      timeout: 20 * 60_000,
    },
    (t) => journey(t, { ...more, source: source ?? '', other: other ?? '' }),
  );
}

async function journey(t: TestContext, more: RealFarmMore): Promise<void> {
  const farm = await realFarm(t, more);
  await done(farm, siteInstall, '7');
  const use = await putInUse(farm);
  await isItself(farm, '7', use);

  await t.test('clone: both are themselves', async () => {
    await done(farm, siteClone, '8', { source: '7' });
    await isItself(farm, '8', use);
    await isItself(farm, '7', use);
    await done(farm, siteDelete, '8', { force: true, backup: false });
    farm.truth.clone = 'queued';
  });
  await t.test('migrate whose update fails: the site is as it was, and compared as before', () =>
    failingUpdate(farm, use),
  );
  await t.test('migrate up: its updates have run', async () => {
    await putPackage(farm, farm.data.otherRoot, markingUpdate(await contextOf(farm, '7')));
    await done(farm, siteMigrate, '7', { platform: 'p2' });
    assert.equal(farm.truth.at.platform, 'p2');
    await isItself(farm, '7', use);
    assert.ok(await hasRun(await contextOf(farm, '7')));
  });
  await t.test('rename: the old name leads to the new one', async () => {
    await done(farm, siteRename, '7', { name: 'new.example.org' });
    await isItself(farm, '7', use);
    assert.equal((await farm.page('/', siteName)).status, 301);
  });
  await t.test('backup and restore: what was changed since is as it was', () => changedAndRestored(farm, use));
  await t.test('backup, delete, import: it is back', async () => {
    await done(farm, siteDelete, '7', { force: true, backup: false });
    assert.equal((await farm.page('/', 'new.example.org')).status, 404);
    farm.truth.cloneAt = { ...farm.truth.cloneAt, platform: 'p2' };
    await done(farm, siteImport, '8', { backup: '1', update: true });
    await isItself(farm, '8', use);
  });
  await done(farm, siteDelete, '8', { force: true, backup: false });
}

async function failingUpdate(farm: RealFarm, use: InUse): Promise<void> {
  await putPackage(farm, farm.data.otherRoot, `throw new Exception('this update cannot be made');`);
  const compared = async () => {
    const site = await contextOf(farm, '7');
    const platform = {
      ...site.platform,
      id: '2',
      name: 'p2',
      root: farm.data.otherRoot,
      version: farm.truth.otherVersion,
    };
    return compareNow(site, { ...site, platform, installed: { ...site.installed, platform } });
  };
  const [world, comparison] = [await farm.world(), await compared()];
  const { ending } = await ask(farm, siteMigrate, '7', { platform: 'p2' });
  assert.equal(ending.status, 'failed');
  assert.match(JSON.stringify(ending), /this update cannot be made/);
  sameWorld(withoutSqlite(await farm.world()), withoutSqlite(world), 'a migrate whose update failed');
  assert.deepEqual(await compared(), comparison);
  await isItself(farm, '7', use);
}

/** Who looks at the site writes into that file. */
const withoutSqlite = (world: string): string => world.replaceAll(/(\.sqlite \d+ \d+:\d+) \w+/g, '$1');

async function changedAndRestored(farm: RealFarm, use: InUse): Promise<void> {
  await done(farm, siteBackup, '7', { note: 'in use' });
  const site = await contextOf(farm, '7');
  const rename = {
    wordpress: `update_option('blogname', 'Broken'); return [];`,
    drupal: site.platform.version?.startsWith('7.')
      ? `variable_set('site_name', 'Broken'); drupal_flush_all_caches(); return [];`
      : `Drupal::configFactory()->getEditable('system.site')->set('name', 'Broken')->save(); return [];`,
  };
  await inside(site, rename[site.application.name as keyof typeof rename]);
  await assert.rejects(isItself(farm, '7', use));
  await done(farm, siteRestore, '7', { backup: '1', update: true });
  await isItself(farm, '7', use);
  await inside(await contextOf(farm, '7'), rename[site.application.name as keyof typeof rename]);
  await done(farm, siteRestore, '7', { backup: '1' });
  await isItself(farm, '7', use);
}
