import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import {
  codeBases,
  copyPlatform,
  mysqlDatabase,
  pgsqlDatabase,
  putSite,
  sqliteDatabase,
  testMachine,
  testSite,
} from '../../../tests/kit/applications.ts';
import { privateMariadb } from '../../../tests/kit/databases.ts';
import { drupalJourney } from '../../../tests/kit/drupal-journey.ts';
import { freePort } from '../../../tests/kit/web.ts';
import type { Platform } from '../../model/platform.ts';
import { Problem } from '../../model/problem.ts';
import { drupal } from './drupal.ts';

for (const [called, source] of [
  ['10', codeBases.drupal10],
  ['7', codeBases.drupal7],
] as const) {
  const skip =
    source === null && `no code of Drupal ${called} here: set AEGIR_TEST_DRUPAL${called} to its document root`;
  test(`Drupal ${called} on its three databases`, { skip, timeout: 20 * 60_000 }, async (t) => {
    const platform = await copyPlatform(t, source ?? '', drupal);
    await t.test('MariaDB', async (inner) =>
      drupalJourney(inner, testSite(platform, await mysqlDatabase(inner), await freePort(), { profile: 'standard' })),
    );
    await t.test('SQLite', async (inner) => {
      const name = `sqlite${called}.example.com`;
      await drupalJourney(inner, testSite(platform, sqliteDatabase(platform, name), await freePort(), { name }));
    });
    await t.test('PostgreSQL', async (inner) =>
      drupalJourney(inner, testSite(platform, await pgsqlDatabase(inner), await freePort())),
    );
    await t.test('an installation that was killed is begun anew', (inner) => installAgain(inner, platform));
    await t.test('updates run; one that fails is named, and leaves the site closed', () => updates(platform));
    await t.test('what is refused, and how', (inner) => refusals(inner, platform));
  });
}

async function installAgain(t: TestContext, platform: Platform): Promise<void> {
  const { machine } = testMachine();
  const database = await mysqlDatabase(t);
  const installed = testSite(platform, database, 8080);
  await putSite(drupal, installed);
  const { sql } = await privateMariadb(t);
  await sql(`use ${database.name}; create table aegir_installing (started varchar(32)); create table users (uid int)`);
  assert.equal(await drupal.isInstalled(machine, installed), false);
  await drupal.install(machine, installed);
  assert.equal(await drupal.isInstalled(machine, installed), true);
}

async function refusals(t: TestContext, platform: Platform): Promise<void> {
  const { machine } = testMachine();
  const database = await mysqlDatabase(t);
  const unknown = testSite(platform, database, 8080, { profile: "x'; system('id'); //" });
  await putSite(drupal, unknown);
  await assert.rejects(
    drupal.install(machine, unknown),
    (error) => error instanceof Problem && error.code === 'invalid' && /minimal,.* standard/.test(error.hint ?? ''),
  );
  const { sql } = await privateMariadb(t);
  await sql(`create table ${database.name}.somebodys (id int)`);
  const occupied = testSite(platform, database, 8080);
  await putSite(drupal, occupied);
  await assert.rejects(
    drupal.install(machine, occupied),
    (error) => error instanceof Problem && error.code === 'conflict',
  );
  await assert.rejects(drupal.status(machine, occupied), /no finished installation/);
  assert.deepEqual(await sql(`show tables in ${database.name}`), [['somebodys']]);
}

async function updates(platform: Platform): Promise<void> {
  const { machine } = testMachine();
  const name = `updates${Number.parseInt(platform.version ?? '', 10)}.example.com`;
  const installed = testSite(platform, sqliteDatabase(platform, name), 8080, { name });
  await putSite(drupal, installed);
  await drupal.install(machine, installed);
  const seven = platform.version?.startsWith('7.') ?? false;
  const code = `${platform.root}/${seven ? 'modules' : 'core/modules'}/system/system.install`;
  const first = seven ? 7901 : 10901;
  const good = `${await readFile(code, 'utf8')}\n/** The first. */\nfunction system_update_${first}() {}\n`;
  await writeFile(
    code,
    `${good}/** The second. */\nfunction system_update_${first + 1}() { throw new Exception('kit says no'); }\n`,
  );
  const pending = await drupal.pendingUpdates(machine, installed);
  assert.deepEqual(
    pending.map(({ package: module, update }) => `${module} ${update}`),
    [`system ${first}`, `system ${first + 1}`],
  );
  assert.equal((await drupal.status(machine, installed)).maintenance, false, 'to look changes nothing');
  await assert.rejects(drupal.runUpdates(machine, installed), (error) => {
    assert.ok(error instanceof Problem && error.code === 'application-failed');
    assert.match(error.message, new RegExp(`update ${first + 1} of system failed: .*kit says no`));
    return true;
  });
  assert.equal((await drupal.status(machine, installed)).maintenance, true);
  await writeFile(code, good);
  await drupal.runUpdates(machine, installed);
  assert.deepEqual(await drupal.pendingUpdates(machine, installed), []);
}
