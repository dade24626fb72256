import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { siteDelete } from '../src/tasks/site-delete.ts';
import { siteDisable } from '../src/tasks/site-disable.ts';
import { siteInstall } from '../src/tasks/site-install.ts';
import { siteVerify } from '../src/tasks/site-verify.ts';
import { until } from './kit/machines.ts';
import { played, withoutBackup } from './kit/played.ts';
import { type RealFarm, realFarm } from './kit/real-farm.ts';
import { type Kill, killed, type Most, proven } from './kit/real-faults.ts';
import { listed, nothingLeft } from './kit/real-proof.ts';
import { sameWorld } from './kit/same-world.ts';
import { siteName } from './kit/truth.ts';

/**
 * The proofs of proofs.test.ts on real servers: MariaDB, nginx, php-fpm and WordPress. Where each fault costs seconds
 * there are samples: always the same ones, and each is printed.
 */
/** Each step, and of what costs too much a sample; AEGIR_TEST_ALL_FAULTS=1 tries every boundary, too. */
const isAll = (process.env['AEGIR_TEST_ALL_FAULTS'] ?? '') !== '';
const most: Most = {
  steps: Number.POSITIVE_INFINITY,
  ...(isAll
    ? { boundaries: Number.POSITIVE_INFINITY, commands: 12, calls: 24, undos: 0 }
    : { boundaries: 3, commands: 2, calls: 3, undos: 0 }),
};

const kills: readonly Kill[] = [
  { step: 'create database', share: 0.5 },
  { step: 'install application', share: 0.3 },
  { step: 'install application', share: 0.8 },
  { step: 'publish', share: 0.5 },
  { step: 'read packages', share: 0.5 },
  { step: 'install application', share: 0.3, atOnce: true },
];

test('a real server: whatever fails and whenever, the world is as wanted or as before', {
  timeout: 40 * 60_000,
}, async (t) => {
  const farm = await realFarm(t);
  const code = farm.code();
  const empty = await farm.save(farm.truth);
  assert.equal((await farm.page('/')).status, 404);

  const site7 = { subject: '7', args: {}, heals: false, farm };
  const install = { ...site7, type: siteInstall, before: empty };
  const installed = await proven(t, install, most);
  await listed(t, install, 'a killed worker is taken over by another', () => killed(install, installed, kills));
  await farm.restore(empty);
  const truth = await played(farm.place, { ...empty.truth }, [siteInstall]);
  const front = await farm.page('/');
  assert.equal(front.status, 200);
  assert.match(front.text, /<title>Example/);
  const site = await farm.save(truth);

  await damage(farm);
  const damaged = await farm.save(truth);
  assert.notEqual(damaged.world, site.world);
  const healed = await proven(t, { ...site7, type: siteVerify, heals: true, before: damaged }, most);
  sameWorld(healed.world, site.world, 'a damaged site was verified');
  await farm.restore(site);

  await played(farm.place, truth, [siteDisable]);
  const disabled = await farm.save(truth);
  await proven(t, { ...site7, type: siteDelete, args: withoutBackup(siteDelete), before: disabled }, most);
  await farm.restore(disabled);
  await played(farm.place, truth, [siteDelete], '7', withoutBackup(siteDelete));
  assert.equal((await farm.page('/')).status, 404);
  sameWorld(await farm.world(), empty.world, 'installed and deleted');
  assert.equal(farm.code(), code, 'the code of the platform is as it was');

  nothingLeft('real servers');
});

/** Of each thing that verify looks after. */
async function damage({ data, server, page }: RealFarm): Promise<void> {
  const site = join(data.platformRoot, 'sites', siteName);
  await rm(join(site, 'wp-config.php'));
  await rm(join(site, 'private/temp'), { recursive: true });
  await chmod(join(site, 'files'), 0o755);
  await rm(join(data.root, 'config/server_master/nginx/vhost.d'), { recursive: true });
  await mkdir(join(data.root, 'config/server_master/nginx/vhost.d'), { mode: 0o700 });
  await server.sql("alter user 'examplecom_7'@'localhost' identified by 'another'");
  const [reload, ...args] = data.program.reload;
  await promisify(execFile)(reload, args);
  // The processes of before answer for a moment more.
  let alike = 0;
  await until(async () => {
    alike = (await page('/')).status === 404 ? alike + 1 : 0;
    return alike > 20;
  });
}
