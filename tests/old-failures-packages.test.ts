import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { simulatedDrupal } from '../src/simulation/code.ts';
import { putSimulatedState, simulatedState } from '../src/simulation/php.ts';
import { compareNow, mustFit } from '../src/tasks/comparison.ts';
import { platformVerify } from '../src/tasks/platform-verify.ts';
import { serverVerify } from '../src/tasks/server-verify.ts';
import { siteInstall } from '../src/tasks/site-install.ts';
import { hand } from './kit/farm.ts';
import { type HubWithWorker, installedSite, platformRoot, verifiedFarm } from './kit/hub-with-worker.ts';
import { isProblem, onNginx } from './kit/looks.ts';
import { played } from './kit/played.ts';
import { farms } from './kit/scenes.ts';
import { freshTruth } from './kit/truth.ts';

// What the old Aegir did with packages (reference/aegir-baseline.md and aegir-features.md), and cannot happen here.

const modules = 200;

async function withModules(t: TestContext): Promise<HubWithWorker> {
  const farm = await verifiedFarm(t, onNginx);
  for (let n = 0; n < modules; n++)
    farm.world.put(`${platformRoot}/modules/m${n}/m${n}.info.yml`, `name: M${n}\ntype: module\nversion: 1.${n}\n`);
  await installedSite(farm, 'example.com');
  await verify(farm, 'platform', 'p1');
  return farm;
}

async function verify({ call, done }: HubWithWorker, noun: 'platform' | 'site', name: string): Promise<void> {
  await done((await call(`${noun} task`, { params: { name }, body: { name: `${noun} verify` } })).task);
}

/** Which transaction wrote each row. */
async function writers({ database }: HubWithWorker): Promise<Readonly<Record<string, readonly string[]>>> {
  const all: Record<string, readonly string[]> = {};
  for (const table of ['package', 'release', 'instance', 'package_on_site']) {
    const { rows } = await sql<{
      at: string;
    }>`select xmin::text || ' ' || ctid::text as at from ${sql.table(table)}`.execute(database.db);
    all[table] = rows.map(({ at }) => at).toSorted();
  }
  return all;
}

test('each verify rewrote the package rows of a platform, 5 ms for each module: now an unchanged one writes none', async (t) => {
  const farm = await withModules(t);
  const before = await writers(farm);
  assert.ok((before['instance']?.length ?? 0) > modules);
  await verify(farm, 'platform', 'p1');
  await verify(farm, 'site', 'example.com');
  assert.deepEqual(await writers(farm), before);

  farm.world.put(`${platformRoot}/modules/m7/m7.info.yml`, 'name: M7\ntype: module\nversion: 2.0\n');
  await verify(farm, 'platform', 'p1');
  const after = await writers(farm);
  const same = (table: string): number => after[table]?.filter((row) => before[table]?.includes(row)).length ?? 0;
  assert.equal(same('instance'), (before['instance']?.length ?? 0) - 1, 'one module changed, one row');
  assert.equal(same('package'), before['package']?.length);
});

/** A site as a task has it, on a platform of a server in memory, and another platform with the same code. */
async function twoPlatforms() {
  const parts = farms['nginx, mysql, Drupal']?.();
  assert.ok(parts);
  const truth = await played(parts, freshTruth(), [serverVerify, platformVerify, siteInstall]);
  const site = await hand(parts, truth).load.site('7');
  const root = '/var/aegir/platforms/p2';
  simulatedDrupal(parts.world, root);
  const platform = { ...site.platform, id: '2', name: 'p2', root };
  const scan = await site.application.packages(site.machine, root, null);
  return {
    world: parts.world,
    site,
    root,
    place: { ...site, platform, scan, installed: { ...site.installed, platform } },
  };
}

test('front end and back end had two truths: a task looks at the code itself, whatever the hub knew of it', async () => {
  const { world, site, root, place } = await twoPlatforms();
  await mustFit(site, place);
  world.remove(`${root}/core/modules/system`);
  await assert.rejects(mustFit(site, place), isProblem('conflict', /missing on p2: system/));
});

test('a database that is newer than the code was taken for up to date: now it is refused before anything is copied', async () => {
  const { world, site, root, place } = await twoPlatforms();
  world.put(`${root}/core/modules/system/system.install`, '<?php\nfunction system_update_9500() {}\n');
  const { problems } = await compareNow(site, place);
  assert.match(
    problems.map(({ message }) => message).join(),
    /system \(its database has schema 10100, the code there only 9500\)/,
  );
});

test("a module in a site's own directory was not looked at: now one that does not fit the new core is refused", async () => {
  const { world, site, place } = await twoPlatforms();
  const own = `${site.platform.root}/sites/${site.site.directory}/modules/own`;
  world.put(`${own}/own.info.yml`, 'name: Own\ntype: module\ncore_version_requirement: ^9\n');
  const { database } = site.installed;
  const packages = [{ type: 'module', name: 'own', schemaVersion: 8_000 }];
  putSimulatedState(world, database, { ...(simulatedState(world, database) ?? assert.fail()), packages });
  await assert.rejects(mustFit(site, place), isProblem('conflict', /not made for the 10\.1\.2 of p2: own/));
});
