import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Browser,
  codeBases,
  copyPlatform,
  filesBelow,
  mysqlDatabase,
  putSite,
  servePhp,
  testMachine,
  testSite,
} from '../../../tests/kit/applications.ts';
import { privateMariadb } from '../../../tests/kit/databases.ts';
import { handedOver } from '../../../tests/kit/handed-over.ts';
import { freePort } from '../../../tests/kit/web.ts';
import { Problem } from '../../model/problem.ts';
import { wordpress } from './wordpress.ts';

test('WordPress, from an empty database to a closed site', { timeout: 20 * 60_000 }, async (t) => {
  const platform = await copyPlatform(t, codeBases.wordpress, wordpress);
  const installed = testSite(platform, await mysqlDatabase(t), await freePort());
  const { machine, events } = testMachine();

  assert.equal(await wordpress.isInstalled(machine, installed), false, 'an empty database holds no site');
  await putSite(wordpress, installed);
  assert.equal(await wordpress.isInstalled(machine, installed), false);
  await wordpress.install(machine, installed);
  assert.equal(await wordpress.isInstalled(machine, installed), true);
  await servePhp(t, wordpress, installed);

  await t.test('the front page has the title', async () => {
    const page = await new Browser(installed).open('/');
    assert.equal(page.status, 200);
    assert.match(page.text, /<title>Zoë.{1,8}s “site” &amp; &lt;more&gt;/);
  });

  await t.test('a login link logs in with one click, and only once', async () => {
    const link = await wordpress.loginLink(machine, installed);
    assert.ok(link.startsWith(`${installed.address}/`), link);
    const browser = new Browser(installed);
    const page = await browser.open(link);
    assert.equal(page.status, 200);
    assert.match(page.text, /wp-admin-bar-my-account/);
    const stranger = await new Browser(installed).open(link);
    assert.equal(stranger.status, 403);
    assert.doesNotMatch(stranger.text, /wp-admin-bar-my-account/);
    await assert.rejects(wordpress.loginLink(machine, installed, 'nobody'), /no account 'nobody'/);
  });

  await t.test('it counts, runs cron and says what it is', async () => {
    const counts = await wordpress.counts(machine, installed);
    assert.deepEqual(counts, { usersRegistered: 1, usersActive: 1, posts: 2, comments: 1 });
    await wordpress.cron(machine, installed, { through: null, timeoutMs: 60_000 });
    await wordpress.rebuildCaches(machine, installed);
    const status = await wordpress.status(machine, installed);
    assert.equal(status.title, installed.site.title);
    assert.equal(status.version, platform.version);
    assert.equal(status.maintenance, false);
    assert.ok(status.packages.some(({ type }) => type === 'theme'));
  });

  await t.test('it is handed over', () => handedOver(wordpress, installed, '/wp-admin/profile.php', 'blogdescription'));

  await t.test('updates of its tables are listed and run', async () => {
    assert.deepEqual(await wordpress.pendingUpdates(machine, installed), []);
    const { sql } = await privateMariadb(t);
    await sql(
      `update ${installed.database.name}.wp_options set option_value = '53000' where option_name = 'db_version'`,
    );
    const [pending] = await wordpress.pendingUpdates(machine, installed);
    assert.equal(pending?.package, 'wordpress');
    assert.equal((await wordpress.runUpdates(machine, installed)).length, 1);
    assert.deepEqual(await wordpress.pendingUpdates(machine, installed), []);
  });

  await t.test('maintenance refuses every request, also those that write', async () => {
    await wordpress.setMaintenance(machine, installed, true);
    assert.equal((await wordpress.status(machine, installed)).maintenance, true);
    const browser = new Browser(installed);
    const before = await wordpress.counts(machine, installed);
    const comment = { comment_post_ID: '1', author: 'x', email: 'x@example.com', comment: 'hello', submit: 'Post' };
    for (const path of ['/', '/wp-login.php', '/wp-admin/', '/xmlrpc.php', '/wp-json/wp/v2/posts'])
      assert.equal((await browser.open(path)).status, 503, path);
    assert.equal((await browser.open('/wp-comments-post.php', { form: comment })).status, 503);
    assert.deepEqual(await wordpress.counts(machine, installed), before);
    await wordpress.setMaintenance(machine, installed, false);
    assert.equal((await browser.open('/')).status, 200);
  });

  await t.test('verify touches nothing, and installing again is refused', async () => {
    const before = await filesBelow(`${platform.root}/sites/${installed.site.directory}`);
    assert.deepEqual(await putSite(wordpress, installed), []);
    assert.deepEqual(await filesBelow(`${platform.root}/sites/${installed.site.directory}`), before);
    await assert.rejects(
      wordpress.install(machine, installed),
      (error) => error instanceof Problem && error.code === 'conflict',
    );
  });

  await t.test('no log line shows the password or the salt', () => {
    const text = JSON.stringify(events);
    for (const secret of [installed.database.password, installed.site.hashSalt])
      assert.ok(!text.includes(secret.reveal()));
    assert.ok(!text.includes('aegir-login='));
  });

  await t.test('a site that is ours names no credentials to who looks for sites', async () => {
    const found = await wordpress.sitesFound(machine, platform);
    assert.deepEqual(found, [{ directory: installed.site.directory, database: null, hashSalt: null }]);
  });
});
