import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import {
  codeBases,
  copyPlatform,
  putSite,
  sqliteDatabase,
  testMachine,
  testSite,
} from '../../../tests/kit/applications.ts';
import { inDrupal, isSeven } from '../../../tests/kit/drupal-content.ts';
import { Problem } from '../../model/problem.ts';
import type { InstalledSite } from '../application.ts';
import { drupal } from './drupal.ts';

for (const [called, source] of [
  ['10', codeBases.drupal10],
  ['7', codeBases.drupal7],
] as const) {
  const skip =
    source === null && `no code of Drupal ${called} here: set AEGIR_TEST_DRUPAL${called} to its document root`;
  test(`updates of Drupal ${called}, however they end`, { skip, timeout: 300_000 }, async (t) => {
    const platform = await copyPlatform(t, source ?? '', drupal);
    const name = `u${called}.example.com`;
    const installed = testSite(platform, sqliteDatabase(platform, name), 8080, { name });
    await putSite(drupal, installed);
    await drupal.install(testMachine().machine, installed);
    await putCode(installed, {});
    await inDrupal(
      installed,
      isSeven(installed)
        ? `module_enable(['kit', 'dblog']); return [];`
        : `Drupal::service('module_installer')->install(['kit', 'dblog']); return [];`,
    );
    await ends(t, installed);
    if (!isSeven(installed)) await postUpdates(t, installed);
    await looks(t, installed);
  });
}

interface Code {
  /** Functions of kit.install. */
  readonly install?: string;
  readonly postUpdate?: string;
}

/** A module with updates; each test brings its own, with higher numbers than the one before. */
async function putCode(installed: InstalledSite, { install = '', postUpdate = '' }: Code): Promise<void> {
  const seven = isSeven(installed);
  const at = `${installed.platform.root}/${seven ? 'sites/all/modules' : 'modules'}/kit`;
  await mkdir(at, { recursive: true });
  const info = seven ? 'name = kit\ncore = 7.x\n' : `name: kit\ntype: module\ncore_version_requirement: '>=8'\n`;
  await writeFile(`${at}/kit.${seven ? 'info' : 'info.yml'}`, info);
  await writeFile(`${at}/kit.module`, '<?php\n');
  await writeFile(`${at}/kit.install`, `<?php\n${install}`);
  await writeFile(`${at}/kit.post_update.php`, `<?php\n${postUpdate}`);
}

async function ends(t: TestContext, installed: InstalledSite): Promise<void> {
  const { machine } = testMachine();
  const seven = isSeven(installed);
  const base = seven ? 7000 : 10000;
  const update = (number: number, code: string): string =>
    `/** Number ${number}. */\nfunction kit_update_${base + number}(&$sandbox) { ${code} }\n`;
  const remember = (what: string): string =>
    seven
      ? `variable_set('kit_ran', variable_get('kit_ran', '') . '${what}');`
      : `Drupal::state()->set('kit_ran', Drupal::state()->get('kit_ran', '') . '${what}');`;
  const ran = async (): Promise<string> =>
    String(
      // What the code returns.
      (
        (await inDrupal(
          installed,
          seven ? `return [variable_get('kit_ran', '')];` : `return [Drupal::state()->get('kit_ran', '')];`,
        )) as string[]
      )[0],
    );
  const fails = (message: RegExp, hint = /left in maintenance mode/) =>
    assert.rejects(drupal.runUpdates(machine, installed), (error) => {
      assert.ok(error instanceof Problem && error.code === 'application-failed');
      assert.match(error.message, message);
      assert.match(error.hint ?? '', hint);
      return true;
    });
  const isClosed = async () => (await drupal.status(machine, installed)).maintenance;

  await t.test('one that needs many passes gets them', async () => {
    const passes = `$sandbox['n'] = ($sandbox['n'] ?? 0) + 1; ${remember('x')} $sandbox['#finished'] = $sandbox['n'] / 7;`;
    await putCode(installed, { install: update(1, passes) });
    assert.equal((await drupal.runUpdates(machine, installed)).length, 1);
    assert.equal(await ran(), 'xxxxxxx');
    assert.deepEqual(await drupal.pendingUpdates(machine, installed), []);
    assert.equal(await isClosed(), false);
  });
  const good = update(1, '');
  for (const [what, code, message] of [
    ['throws', `throw new Exception('kit says no');`, /kit says no/],
    [
      'throws in its second pass',
      `$sandbox['n'] = ($sandbox['n'] ?? 0) + 1; if ($sandbox['n'] > 1) throw new Exception('kit says later'); $sandbox['#finished'] = 0.5;`,
      /kit says later/,
    ],
    [
      'has an error that Drupal does not catch',
      'kit_no_such_function();',
      /Call to undefined function kit_no_such_function.*kit\.install:\d+/,
    ],
    ['ends PHP', `exit('bye');`, /its code ended before it was done/],
  ] as const)
    await t.test(`one that ${what} is named with those that ran before it, and the site stays closed`, async () => {
      await putCode(installed, { install: `${good}${update(2, '')}${update(3, code)}` });
      await drupal.setMaintenance(machine, installed, false);
      await fails(
        new RegExp(
          `update ${base + 3} of kit failed: .*${message.source}.*(; before it ran kit ${base + 2}|no update ran before it)`,
        ),
      );
      assert.equal(await isClosed(), true);
      const left = await drupal.pendingUpdates(machine, installed);
      assert.deepEqual(
        left.map((one) => one.update),
        [String(base + 3)],
      );
    });
  await t.test('once it is mended the rest runs, and the site is as it was', async () => {
    await putCode(installed, { install: `${good}${update(2, '')}${update(3, '')}` });
    await drupal.setMaintenance(machine, installed, false);
    assert.deepEqual(
      (await drupal.runUpdates(machine, installed)).map((one) => one.update),
      [String(base + 3)],
    );
    assert.equal(await isClosed(), false);
  });
  await t.test('what is required is looked at before anything runs', async () => {
    const severity = seven ? 'REQUIREMENT_ERROR' : '2';
    const requirement = `function kit_requirements($phase) { return $phase === 'update' ? ['kit' => ['title' => 'Kit', 'value' => '1', 'description' => 'needs more memory', 'severity' => ${severity}]] : []; }\n`;
    await putCode(installed, { install: `${good}${update(4, remember('y'))}${requirement}` });
    await fails(/does not meet what its updates require: Kit: needs more memory/, /mend it, then try again/);
    assert.deepEqual([await ran(), await isClosed()], ['xxxxxxx', false]);
  });
  await t.test('one that needs another that is not there stops all before the first', async () => {
    const needs = `function kit_update_dependencies() { return ['kit' => [${base + 5} => ['nokit' => ${base + 99}]]]; }\n`;
    await putCode(installed, { install: `${good}${update(4, remember('y'))}${update(5, remember('z'))}${needs}` });
    await fails(
      new RegExp(`update ${base + 5} of kit needs .*nokit_update_${base + 99}.*not there`),
      /Nothing was updated/,
    );
    assert.deepEqual([await ran(), await isClosed()], ['xxxxxxx', false]);
    await putCode(installed, { install: `${good}${update(4, '')}${update(5, '')}` });
    await drupal.runUpdates(machine, installed);
  });
  await t.test('there is a limit to the time that it takes', async () => {
    await putCode(installed, { install: `${good}${update(6, 'sleep(60);')}` });
    const startMs = performance.now();
    await assert.rejects(
      drupal.runUpdates(machine, installed, 4_000),
      (error) => error instanceof Problem && error.code === 'timeout',
    );
    assert.ok(performance.now() - startMs < 30_000);
    await putCode(installed, { install: `${good}${update(6, '')}` });
    await drupal.runUpdates(machine, installed);
    await drupal.setMaintenance(machine, installed, false);
  });
}

async function postUpdates(t: TestContext, installed: InstalledSite): Promise<void> {
  const { machine } = testMachine();
  const install = 'function kit_update_10006() {}\n';
  await t.test('post updates run after the others, and one that fails is named', async () => {
    const first = '/** The first. */\nfunction kit_post_update_a(&$sandbox) {}\n';
    const entity = `function kit_post_update_b(&$sandbox) { \\Drupal\\user\\Entity\\User::create(['name' => str_repeat('x', 300), 'uid' => 1])->enforceIsNew()->save(); }\n`;
    await putCode(installed, { install: `${install}function kit_update_10007() {}\n`, postUpdate: first + entity });
    assert.deepEqual(
      (await drupal.pendingUpdates(machine, installed)).map((one) => one.update),
      ['10007', 'post_update_a', 'post_update_b'],
    );
    await assert.rejects(
      drupal.runUpdates(machine, installed),
      /kit_post_update_b failed: .*; before it ran kit 10007, kit_post_update_a/,
    );
    assert.deepEqual(
      (await drupal.pendingUpdates(machine, installed)).map((one) => one.update),
      ['post_update_b'],
    );
    await putCode(installed, { install, postUpdate: `${first}function kit_post_update_b(&$sandbox) {}\n` });
    await drupal.runUpdates(machine, installed);
    await drupal.setMaintenance(machine, installed, false);
  });
}

async function looks(t: TestContext, installed: InstalledSite): Promise<void> {
  const { machine } = testMachine();
  const seven = isSeven(installed);
  await t.test('configuration is told apart by name, and what changes by itself is none of it', async () => {
    const before = await drupal.config(machine, installed);
    assert.ok(
      seven ? 'site_name' in before && !('cron_last' in before) && 'module kit' in before : 'system.site' in before,
    );
    await drupal.cron(machine, installed, { through: null, timeoutMs: 60_000 });
    await drupal.rebuildCaches(machine, installed);
    assert.deepEqual(await drupal.config(machine, installed), before);
    await inDrupal(
      installed,
      seven
        ? `variable_set('site_name', 'other'); return [];`
        : `Drupal::configFactory()->getEditable('system.site')->set('name', 'other')->save(); return [];`,
    );
    const after = await drupal.config(machine, installed);
    assert.deepEqual(
      Object.keys(after).filter((name) => after[name] !== before[name]),
      [seven ? 'site_name' : 'system.site'],
    );
  });
  await t.test('errors in its own log since a time, with their words, and nothing less than errors', async () => {
    const sinceMs = Date.now() + 5_000;
    const future = `time() + 10`;
    const row = (severity: number, message: string): string =>
      seven
        ? `db_insert('watchdog')->fields(['uid' => 0, 'type' => 'kit', 'message' => '${message}', 'variables' => serialize(['@x' => 'ü']), 'severity' => ${severity}, 'location' => '', 'referer' => '', 'hostname' => '', 'timestamp' => ${future}])->execute();`
        : `Drupal::database()->insert('watchdog')->fields(['uid' => 0, 'type' => 'kit', 'message' => '${message}', 'variables' => serialize(['@x' => 'ü']), 'severity' => ${severity}, 'location' => '', 'referer' => '', 'hostname' => '', 'timestamp' => ${future}, 'link' => ''])->execute();`;
    await inDrupal(
      installed,
      `${row(3, 'bad <b>@x</b>')} ${row(3, 'bad <b>@x</b>')} ${row(2, 'worse @x')} ${row(4, 'a warning')} return [];`,
    );
    assert.deepEqual(await drupal.problems(machine, installed, sinceMs), ['kit: worse ü', 'kit: bad ü (2 times)']);
    assert.deepEqual(await drupal.problems(machine, installed, sinceMs + 60_000), []);
    assert.ok((await drupal.problems(machine, installed, 0)).some((one) => /kit says no/.test(one)));
  });
}
