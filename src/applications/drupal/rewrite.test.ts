import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import {
  Browser,
  codeBases,
  copyPlatform,
  mysqlDatabase,
  pgsqlDatabase,
  putSite,
  servePhp,
  sqliteDatabase,
  testMachine,
  testSite,
} from '../../../tests/kit/applications.ts';
import {
  fillDrupal,
  inDrupal,
  isIn,
  isSeven,
  loadsAll,
  logIn,
  putModule,
  settingsOf,
} from '../../../tests/kit/drupal-content.ts';
import { copySite, dumped, formerPlace } from '../../../tests/kit/site-copy.ts';
import { freePort } from '../../../tests/kit/web.ts';
import type { Platform } from '../../model/platform.ts';
import { Problem } from '../../model/problem.ts';
import type { DatabaseAddress } from '../../model/site.ts';
import type { InstalledSite } from '../application.ts';
import { drupal } from './drupal.ts';

for (const [called, source, newer] of [
  ['10', codeBases.drupal10, codeBases.drupal10New],
  ['7', codeBases.drupal7, codeBases.drupal7New],
] as const) {
  const skip =
    (source === null || newer === null) &&
    `no two releases of Drupal ${called} here: set AEGIR_TEST_DRUPAL${called} and AEGIR_TEST_DRUPAL${called}_NEW`;
  test(`a Drupal ${called} that was copied speaks of its new place only`, { skip, timeout: 600_000 }, async (t) => {
    const old = await copyPlatform(t, source ?? '', drupal);
    const next = await copyPlatform(t, newer ?? '', drupal);
    const seven = old.version?.startsWith('7.') ?? false;
    // Every site has a module of its own; another one is in another directory of the newer platform.
    await putModule(old.root, seven ? 'sites/all/modules' : 'modules', 'kitshared', seven);
    await putModule(next.root, seven ? 'sites/all/modules/contrib' : 'modules/contrib', 'kitshared', seven);
    for (const [driver, database] of [
      ['mysql', (inner: TestContext) => mysqlDatabase(inner)],
      ['pgsql', (inner: TestContext) => pgsqlDatabase(inner)],
      ['sqlite', async (_: TestContext, name: string) => sqliteDatabase(old, name)],
    ] as const)
      await t.test(driver, async (inner) => {
        const name = `${driver}${called}.example.com`;
        await moved(inner, old, next, name, await database(inner, name));
      });
  });
}

async function moved(
  t: TestContext,
  old: Platform,
  next: Platform,
  name: string,
  database: DatabaseAddress,
): Promise<void> {
  const { machine } = testMachine();
  const first = testSite(old, database, await freePort(), { name, profile: 'standard' });
  await putSite(drupal, first);
  await putModule(old.root, `sites/${name}/modules`, 'kitown', isSeven(first));
  await drupal.install(machine, first);
  const { path } = await fillDrupal(first, ['kitown', 'kitshared']);
  const server = await servePhp(t, drupal, first);
  const visitor = new Browser(first);
  const pictures = await loadsAll(visitor, first, path);
  assert.ok(pictures >= 3, `${pictures} pictures`);
  const editor = new Browser(first);
  assert.equal(await logIn(editor, first), true, 'an editor logs in before');
  const before = await settingsOf(first);

  await t.test('as a new site under another name', async (inner) => {
    const clone = await copySite(inner, drupal, first, {
      platform: old,
      name: `clone.${name}`.replace('.com', '.org'),
      isNew: true,
    });
    const said = await drupal.rewrite(machine, clone, formerPlace(first), 'new site');
    assert.ok(
      said.some(({ what, rows }) => what.endsWith('body.body_value') && rows > 0),
      JSON.stringify(said),
    );
    inner.diagnostic(said.map(({ what, rows }) => `${what}: ${rows}`).join('; '));
    await speaksOf(inner, clone, first, path);
    assert.equal(await loadsAll(new Browser(clone), clone, path), pictures);
    assert.notEqual(await keyOf(clone), await keyOf(first));
    assert.deepEqual(await settingsOf(first), before, 'the other site is as it was');
    assert.equal(await isIn(editor), true, 'and its people are still logged in');
    assert.deepEqual(again(await drupal.rewrite(machine, clone, formerPlace(first), 'new site')), [], 'twice is once');
  });

  await t.test(
    'settings that lead to the other site’s database are refused before anything is touched',
    async (inner) => {
      const clone = await copySite(inner, drupal, first, { platform: old, name: `other.${name}`, isNew: true });
      const directory = `${old.root}/sites/${clone.site.directory}`;
      await writeFile(
        `${directory}/local.settings.php`,
        `<?php $databases['default']['default'] = ['database' => '${first.database.name}'] + $databases['default']['default'];`,
      );
      const files = await readdir(`${directory}/files`);
      await assert.rejects(
        drupal.rewrite(machine, clone, formerPlace(first), 'new site'),
        (error) =>
          error instanceof Problem && error.code === 'conflict' && /local\.settings\.php/.test(error.hint ?? ''),
      );
      await assert.rejects(
        drupal.runUpdates(machine, clone),
        (error) => error instanceof Problem && error.code === 'conflict',
      );
      assert.deepEqual(await readdir(`${directory}/files`), files);
      assert.equal(await isIn(editor), true);
    },
  );

  await t.test('as the same site on a newer platform, where a module lies elsewhere', async (inner) => {
    const key = await keyOf(first);
    const startMs = Date.now();
    await server.stop();
    const copy = await copySite(inner, drupal, first, { platform: next, name, isNew: false });
    const said = await drupal.rewrite(machine, copy, formerPlace(first), 'same site');
    inner.diagnostic(said.map(({ what, rows }) => `${what}: ${rows}`).join('; '));
    if ((await drupal.pendingUpdates(machine, copy)).length > 0) await drupal.runUpdates(machine, copy);
    assert.deepEqual(await drupal.pendingUpdates(machine, copy), []);
    await servePhp(inner, drupal, copy);
    const browser = new Browser(copy);
    assert.equal(await loadsAll(browser, copy, path), pictures);
    await modulesWork(browser);
    assert.equal(await logIn(new Browser(copy), copy), true, 'an editor logs in after');
    assert.equal(await keyOf(copy), key);
    // Who was logged in still is: the browser sends the same cookie to the same name.
    assert.equal(await isIn(editor.at(copy)), true);
    assert.deepEqual(await drupal.problems(machine, copy, startMs), []);
  });
}

/** The clone's pages, settings, people and database name nothing of the site that it was made of. */
async function speaksOf(t: TestContext, clone: InstalledSite, first: InstalledSite, path: string): Promise<void> {
  await servePhp(t, drupal, clone);
  const browser = new Browser(clone);
  const { text } = await browser.open(path);
  assert.ok(text.includes(`src="/sites/${clone.site.directory}/files/inline.png"`));
  assert.ok(text.includes(`href="${clone.address}/node/1"`));
  assert.ok(
    text.includes(`http://${first.site.name}.au/x`) && text.includes(`mail@${first.site.name}`),
    'other names stay',
  );
  assert.equal(text.includes(first.address), false);
  await modulesWork(browser);
  assert.deepEqual(await settingsOf(clone), {
    settings: { url: clone.address, path: `sites/${clone.site.directory}/files/x` },
    path: `${clone.platform.root}/sites/${clone.site.directory}/private`,
    url: `${clone.address}/é`,
    object: `sites/${clone.site.directory}`,
  });
  const own = new Browser(clone);
  assert.equal(await isIn(own), false);
  assert.equal(await logIn(own, clone), true, 'an editor logs in with the same password');
  if (clone.database.driver !== 'mysql') return;
  const text2 = await dumped(t, clone.database, ['watchdog']);
  const [place] = new RegExp(`.{60}sites/${first.site.directory}/.{20}`).exec(text2) ?? [];
  assert.equal(place, undefined);
}

async function modulesWork(browser: Browser): Promise<void> {
  for (const name of ['kitown', 'kitshared']) {
    const page = await browser.open(`/kit-${name}`);
    assert.ok(page.text.includes(`${name} speaks`), `${name}: ${page.status} ${page.text.slice(0, 300)}`);
  }
}

/** What a second time may still find: what was filled anew in the meantime. */
const again = (said: readonly { readonly what: string }[]): readonly string[] =>
  said.map(({ what }) => what).filter((what) => !/emptied|compiled files|lists of files|keys of its own/.test(what));

async function keyOf(installed: InstalledSite): Promise<string> {
  const code = isSeven(installed) ? 'drupal_get_private_key()' : `Drupal::service('private_key')->get()`;
  return JSON.stringify(await inDrupal(installed, `return [${code}];`));
}
