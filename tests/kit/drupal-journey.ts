import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { InstalledSite } from '../../src/applications/application.ts';
import { drupal } from '../../src/applications/drupal/drupal.ts';
import { Problem } from '../../src/model/problem.ts';
import { Browser, filesBelow, putSite, servePhp, testMachine } from './applications.ts';
import { inDrupal, isSeven } from './drupal-content.ts';
import { handedOver } from './handed-over.ts';

/** One Drupal site from an empty database to a closed site; the same for every version and database. */
export async function drupalJourney(t: TestContext, installed: InstalledSite): Promise<void> {
  const { machine, events } = testMachine();
  assert.equal(await drupal.isInstalled(machine, installed), false, 'an empty database holds no site');
  await putSite(drupal, installed);
  assert.equal(await drupal.isInstalled(machine, installed), false);
  await drupal.install(machine, installed);
  assert.equal(await drupal.isInstalled(machine, installed), true);
  await servePhp(t, drupal, installed);

  await t.test('the front page has the title', async () => {
    const page = await new Browser(installed).open('/');
    assert.equal(page.status, 200);
    assert.match(/<title>(.*?)<\/title>/s.exec(page.text)?.[1] ?? '', /Zoë(&#0?39;|')s “site” &amp; (&lt;more&gt;|$)/);
  });

  await t.test('a login link logs in, and only once', async () => {
    const link = await drupal.loginLink(machine, installed);
    assert.ok(link.startsWith(`${installed.address}/user/reset/1/`), link);
    const loggedIn = async () => {
      const browser = new Browser(installed);
      await browser.open(link);
      return (await browser.open('/user/1/edit')).status === 200;
    };
    assert.deepEqual([await loggedIn(), await loggedIn()], [true, false]);
    await assert.rejects(drupal.loginLink(machine, installed, 'nobody'), /no account 'nobody'/);
  });

  await t.test('it counts, runs cron, rebuilds its caches and says what it is', async () => {
    const counts = await drupal.counts(machine, installed);
    assert.deepEqual(counts, { usersRegistered: 1, usersActive: 1, posts: 0, comments: 0 });
    await drupal.cron(machine, installed, { through: null, timeoutMs: 60_000 });
    await drupal.rebuildCaches(machine, installed);
    const { title, version, profile, maintenance, packages } = await drupal.status(machine, installed);
    assert.deepEqual(
      { title, version, profile, maintenance },
      {
        title: installed.site.title,
        version: installed.platform.version,
        profile: installed.site.profile,
        maintenance: false,
      },
    );
    const system = packages.find(({ name }) => name === 'system');
    assert.ok(system?.enabled && (system.schemaVersion ?? 0) > 7000);
    assert.ok(packages.some(({ type, name }) => type === 'profile' && name === installed.site.profile));
    assert.deepEqual(await drupal.pendingUpdates(machine, installed), []);
    assert.deepEqual(await drupal.runUpdates(machine, installed), []);
  });

  await t.test('it is handed over', () => {
    const slogan = isSeven(installed) ? 'site_slogan' : 'system.site:slogan';
    return handedOver(drupal, installed, '/user/1/edit', slogan);
  });

  await t.test('maintenance refuses pages that were cached, too', async () => {
    const browser = new Browser(installed);
    // Drupal keeps answers like these for strangers. In the minimal profile '/' is the form to log in with, which must stay open.
    const kept = installed.site.profile === 'standard' ? (['/', 200] as const) : (['/no-such-page', 404] as const);
    // Seven keeps pages only where it is told to; from Eight on that is a module of every profile.
    if (isSeven(installed)) await inDrupal(installed, `variable_set('cache', 1); return [];`);
    assert.deepEqual([(await browser.open(kept[0])).status, (await browser.open('/admin')).status], [kept[1], 403]);
    assert.equal((await browser.open(kept[0])).headers.get('x-drupal-cache'), 'HIT');
    await drupal.setMaintenance(machine, installed, true);
    assert.equal((await drupal.status(machine, installed)).maintenance, true);
    for (const path of [kept[0], '/admin', '/node/add']) assert.equal((await browser.open(path)).status, 503, path);
    await drupal.setMaintenance(machine, installed, false);
    assert.equal((await browser.open(kept[0])).status, kept[1]);
  });

  await t.test('verify touches nothing, and installing again is refused', async () => {
    const directory = `${installed.platform.root}/sites/${installed.site.directory}`;
    const before = await filesBelow(directory);
    assert.deepEqual(await putSite(drupal, installed), []);
    assert.deepEqual(await filesBelow(directory), before);
    await assert.rejects(
      drupal.install(machine, installed),
      (error) => error instanceof Problem && error.code === 'conflict',
    );
  });

  await t.test('no log line shows the password or the salt', () => {
    const text = JSON.stringify(events);
    const { database, site } = installed;
    for (const secret of [database.password, site.hashSalt])
      assert.ok(secret.reveal() === '' || !text.includes(secret.reveal()));
    assert.ok(!text.includes('/user/reset/'));
  });
}
