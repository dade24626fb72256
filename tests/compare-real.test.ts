import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { Application } from '../src/applications/application.ts';
import { drupal } from '../src/applications/drupal/drupal.ts';
import { wordpress } from '../src/applications/wordpress/wordpress.ts';
import type { Comparison } from '../src/model/comparison.ts';
import type { Platform } from '../src/model/platform.ts';
import { compareNow, mustFit, type Place } from '../src/tasks/comparison.ts';
import type { SiteContext } from '../src/tasks/context.ts';
import { siteInstall } from '../src/tasks/site-install.ts';
import { codeBases, copyPlatform, testMachine } from './kit/applications.ts';
import { hand } from './kit/farm.ts';
import { isProblem } from './kit/looks.ts';
import { played } from './kit/played.ts';
import { realFarm } from './kit/real-farm.ts';

// What the comparison says of real sites and real code, and whether the application's own updates agree.

/** A real site on this code, as a task has it. */
async function siteOn(t: TestContext, application: 'drupal' | 'wordpress', source: string): Promise<SiteContext> {
  const farm = await realFarm(t, { application, source });
  const truth = await played(farm.place, farm.truth, [siteInstall]);
  t.after(() => farm.server.sql('drop database if exists examplecom_7; drop user if exists examplecom_7@localhost'));
  return hand(farm.place, truth).load.site('7');
}

/** The same site at another code, which is only read. */
async function placeAt(site: SiteContext, application: Application, source: string): Promise<Place> {
  const code = await application.detect(testMachine().machine, source);
  assert.ok(code);
  return onPlatform(site, { ...site.platform, id: '2', name: 'new', ...code });
}

async function onPlatform(site: SiteContext, platform: Platform): Promise<Place> {
  const scan = await site.application.packages(site.machine, platform.root, null);
  return { ...site, platform, scan, installed: { ...site.installed, platform } };
}

/** The same site with its directory at a code that may be changed, so that its updates can be tried there. */
async function copiedTo(t: TestContext, site: SiteContext, source: string): Promise<Place> {
  const platform = { ...(await copyPlatform(t, source, site.application)), id: '2', name: 'new' };
  const directory = `sites/${site.site.directory}`;
  await promisify(execFile)('cp', ['-a', join(site.platform.root, directory), join(platform.root, directory)]);
  return onPlatform(site, platform);
}

const messages = ({ problems }: Comparison): readonly string[] => problems.map(({ message }) => message);
const resultOf = ({ packages }: Comparison, name: string): string | undefined =>
  packages.find((one) => one.name === name)?.result;

const need = (...sources: readonly (string | null)[]): string | false =>
  sources.includes(null) && 'set AEGIR_TEST_DRUPAL10, AEGIR_TEST_DRUPAL7 and those that end in _NEW';

test('Drupal 10 can go to a later release and not back; without an enabled module it cannot, and core says so too', {
  skip: need(codeBases.drupal10, codeBases.drupal10New),
  timeout: 600_000,
}, async (t) => {
  const site = await siteOn(t, 'drupal', codeBases.drupal10 ?? '');
  const later = await copiedTo(t, site, codeBases.drupal10New ?? '');
  const up = await compareNow(site, later);
  assert.deepEqual([messages(up), up.counts.downgrade, up.counts.missing], [[], 0, 0]);
  assert.ok(up.counts.upgrade > 10, 'every package of core is newer');
  assert.deepEqual(
    ['drupal', 'node', 'minimal'].map((name) => resultOf(up, name)),
    ['upgrade', 'upgrade', 'upgrade'],
  );
  await mustFit(site, later);

  const same = await compareNow(site, site);
  assert.deepEqual([messages(same), same.counts.same], [[], same.packages.length]);
  const back = await compareNow({ ...site, ...later, installed: later.installed }, site);
  assert.match(
    messages(back).join(),
    /^older on p1 than on the site: drupal \(it is 10\.1\.2 there, older than 10\.1\.\d+\)$/,
  );
  await assert.rejects(mustFit({ ...site, ...later }, site), isProblem('conflict', /Choose a platform with releases/));

  await rm(join(later.platform.root, 'core/modules/dblog'), { recursive: true });
  const without = await compareNow(site, later);
  assert.deepEqual(messages(without), ['missing on new: dblog']);
  await site.application.setMaintenance(site.machine, site.installed, true);
  await assert.rejects(
    site.application.runUpdates(site.machine, later.installed),
    /Missing or invalid module|dblog/,
    'core updates nothing while an enabled module is missing',
  );
});

test('a site of Drupal 10 with a module of its own takes it along, if it fits', {
  skip: need(codeBases.drupal10, codeBases.drupal10New),
  timeout: 600_000,
}, async (t) => {
  const site = await siteOn(t, 'drupal', codeBases.drupal10 ?? '');
  const own = join(site.platform.root, 'sites', site.site.directory, 'modules/own');
  const info = (core: string): string => `name: Own\ntype: module\nversion: 0.1\ncore_version_requirement: ${core}\n`;
  await cp(join(site.platform.root, 'core/modules/page_cache'), own, { recursive: true });
  await rm(join(own, 'page_cache.info.yml'));
  await writeFile(join(own, 'page_cache.info.yml'), info('^10'));
  const later = await placeAt(site, drupal, codeBases.drupal10New ?? '');
  const fits = await compareNow(site, later);
  assert.deepEqual(messages(fits), []);
  const found = fits.packages.find(({ name }) => name === 'page_cache');
  assert.deepEqual([found?.isOwn, found?.result, found?.to?.version], [true, 'same', '0.1']);
  await writeFile(join(own, 'page_cache.info.yml'), info('^9'));
  assert.match(messages(await compareNow(site, later)).join(), /^not made for the 10\.1\.\d+ of new: page_cache/);
});

test('Drupal 7 can go to a later release and not back', {
  skip: need(codeBases.drupal7, codeBases.drupal7New),
  timeout: 600_000,
}, async (t) => {
  const site = await siteOn(t, 'drupal', codeBases.drupal7 ?? '');
  const later = await copiedTo(t, site, codeBases.drupal7New ?? '');
  const up = await compareNow(site, later);
  assert.deepEqual(messages(up), []);
  const system = up.packages.find(({ name }) => name === 'system');
  assert.deepEqual([system?.result, system?.from.schemaVersion, system?.to?.schemaVersion], ['upgrade', 7086, 7088]);
  assert.ok((await site.application.runUpdates(site.machine, later.installed)).length > 0);

  const moved = { ...site, ...later };
  const there = await compareNow(moved, later);
  assert.deepEqual([messages(there), there.counts.same], [[], there.packages.length]);
  const back = await compareNow(moved, site);
  assert.match(messages(back).join(), /older on p1 than on the site: drupal \(it is 7\.99 there, older than 7\.105\)/);
  const schema = back.packages.find(({ name }) => name === 'system')?.findings.map(({ text }) => text);
  assert.deepEqual(schema, ['its database has schema 7088, the code there only 7086']);

  if (codeBases.drupal10 !== null) {
    const ten = await placeAt(site, drupal, codeBases.drupal10);
    assert.deepEqual(messages(await compareNow(site, ten)), ['no updates lead from Drupal 7.99 to 10.1.2']);
  }
});

test('WordPress: its database, its theme and its plug-ins say where it can go', { timeout: 600_000 }, async (t) => {
  const site = await siteOn(t, 'wordpress', codeBases.wordpress);
  const other = await copiedTo(t, site, codeBases.wordpress);
  const same = await compareNow(site, other);
  assert.deepEqual([messages(same), same.counts.same], [[], same.packages.length]);
  assert.deepEqual(same.packages.map(({ type }) => type).toSorted(), ['core', 'theme']);

  const versionFile = join(other.platform.root, 'wp-includes/version.php');
  const text = await readFile(versionFile, 'utf8');
  await writeFile(versionFile, text.replace(/(\$wp_db_version\s*=\s*)\d+/, '$110000'));
  assert.match(messages(await compareNow(site, other)).join(), /^older on new than on the site: wordpress/);
  await writeFile(versionFile, text.replace(/(\$wp_db_version\s*=\s*)\d+/, '$199999'));
  const newer = await compareNow(site, other);
  assert.deepEqual([messages(newer), resultOf(newer, 'wordpress')], [[], 'upgrade']);

  await rm(join(other.platform.root, 'wp-content/themes/twentytwentythree'), { recursive: true });
  assert.deepEqual(messages(await compareNow(site, other)), ['missing on new: twentytwentythree']);
  assert.equal((await placeAt(site, wordpress, codeBases.wordpress)).platform.version, site.platform.version);
});
