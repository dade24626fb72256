import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { siteBackup } from '../src/tasks/site-backup.ts';
import { siteClone } from '../src/tasks/site-clone.ts';
import { siteInstall } from '../src/tasks/site-install.ts';
import { siteMigrate } from '../src/tasks/site-migrate.ts';
import { siteRestore } from '../src/tasks/site-restore.ts';
import { codeBases } from './kit/applications.ts';
import { asWeb, title, titleOf } from './kit/backed-up.ts';
import { played } from './kit/played.ts';
import { type Disk, smallDisk } from './kit/real-disk.ts';
import { type RealFarm, type RealFarmMore, realFarm, type Saved } from './kit/real-farm.ts';
import { type Kill, killed, type Most, proven, repeated } from './kit/real-faults.ts';
import { type Disconnect, disconnected, diskFull, type Full } from './kit/real-outages.ts';
import { listed, nothingLeft, type RealScene, sample, wanted } from './kit/real-proof.ts';
import { cloneName, siteName } from './kit/truth.ts';

/**
 * The proofs of proofs.test.ts for sites that move, on real servers. Each fault costs seconds, so that there are samples:
 * always the same ones, and each is printed. AEGIR_TEST_ALL_FAULTS=1 tries all there are, which takes hours;
 * AEGIR_TEST_ALL_FAULTS='site migrate' those of this task, and nothing of the others.
 */
const allOf = process.env['AEGIR_TEST_ALL_FAULTS'] ?? '';
const isAll = allOf !== '';
const isWanted = (task: string): boolean => allOf === '' || allOf === '1' || allOf === task;
const every = Number.POSITIVE_INFINITY;
/** Of commands and calls there are hundreds, most of them alike. */
const all: Most = { steps: every, boundaries: every, commands: 40, calls: 60, undos: every };
const hours = (count: number): number => count * 60 * 60_000;

/** What goes wrong around a worker in the middle of its steps. */
interface Outages {
  readonly kills: readonly Kill[];
  readonly disconnects: readonly Disconnect[];
  readonly full: readonly Full[];
}

/** Of two uploads the second does not fit any more. */
const oneUpload = 1_000_000;
const [root, copy] = ["p.user = 'root'", "p.user = 'examplecom_9'"];

const cloning: Outages = {
  kills: [
    { step: 'copy files and database', share: 0.7 },
    { step: 'copy files and database', share: 0.3, atOnce: true },
    { step: 'publish', share: 0.5 },
  ],
  disconnects: [
    { step: 'create database', whom: root, most: 1 },
    { step: 'copy files and database', whom: root },
    { step: 'copy files and database', whom: root, most: 1 },
    { step: 'copy files and database', whom: "p.db = 'cloneexampleorg_8'", most: 1 },
  ],
  full: [{ step: 'copy files and database', leftBytes: oneUpload }, { step: 'write settings' }, { step: 'publish' }],
};

const migrating: Outages = {
  kills: [
    { step: 'copy files', share: 0.5 },
    { step: 'close the site', share: 0.3 },
    { step: 'close the site', share: 0.8 },
    { step: 'copy database and changed files', share: 0.6 },
    { step: 'copy database and changed files', share: 0.3, atOnce: true },
    { step: 'run updates', share: 0.5 },
    { step: 'run updates', share: 0.2, atOnce: true },
    { step: 'switch over', share: 0.3 },
    { step: 'switch over', share: 0.8 },
    { step: 'drop the former database', share: 0.5 },
    { step: 'remove the former files', share: 0.5 },
  ],
  disconnects: [
    { step: 'create database', whom: root, most: 1 },
    { step: 'close the site', whom: root, most: 1 },
    { step: 'close the site', whom: root },
    { step: 'copy database and changed files', whom: root, most: 1 },
    { step: 'copy database and changed files', whom: "p.db = 'examplecom_9'", most: 1 },
    { step: 'copy database and changed files', whom: root },
    { step: 'run updates', whom: copy, most: 1 },
    { step: 'ask the copy', whom: copy },
    { step: 'drop the former database', whom: root, most: 1 },
  ],
  full: [
    { step: 'copy files', leftBytes: oneUpload },
    { step: 'publish under a name of its own' },
    { step: 'close the site' },
    { step: 'copy database and changed files' },
    { step: 'write settings' },
    { step: 'run updates' },
    { step: 'switch over' },
    { step: 'withdraw the name of the copy' },
    { step: 'remove the former files' },
  ],
};

const restoring: Outages = {
  kills: [
    { step: 'unpack files', share: 0.5 },
    { step: 'load database', share: 0.7 },
    { step: 'load database', share: 0.3, atOnce: true },
    { step: 'close the site', share: 0.5 },
    { step: 'back up the present state', share: 0.5 },
    { step: 'back up the present state', share: 0.8, atOnce: true },
    { step: 'take the place of its directory', share: 0.5 },
    { step: 'switch over', share: 0.5 },
    { step: 'drop the former database', share: 0.5 },
    { step: 'remove the former files', share: 0.5 },
  ],
  disconnects: [
    { step: 'load database', whom: root },
    { step: 'load database', whom: copy, most: 1 },
    { step: 'close the site', whom: root, most: 1 },
    { step: 'close the site', whom: root },
    { step: 'back up the present state', whom: root },
    { step: 'back up the present state', whom: "p.db = 'examplecom_7'", most: 1 },
    { step: 'drop the former database', whom: root, most: 1 },
  ],
  full: [
    { step: 'unpack files', leftBytes: oneUpload },
    { step: 'load database' },
    { step: 'close the site' },
    { step: 'back up the present state', leftBytes: oneUpload },
    { step: 'take the place of its directory' },
    { step: 'write settings' },
    { step: 'switch over' },
    { step: 'withdraw the name of the copy' },
    { step: 'remove the former files' },
  ],
};

/** How many by default: what a machine with two cores does in two minutes, for all three tasks together. */
interface Some extends Most {
  /** Of the outages of each kind. */
  readonly outages: number;
}

test('a WordPress site is cloned, migrated and restored: whatever fails and whenever, the world is as wanted or as before', {
  timeout: hours(4),
}, async (t) => {
  const { farm, disk } = await farmOnSmallDisk(t, 700, { other: codeBases.wordpress });
  const code = farm.code();
  const before = await wordpressInUse(farm);
  const common = { heals: false, farm, before };
  const clone = { ...common, type: siteClone, subject: '8', args: { source: '7' } };
  const migrate = { ...common, type: siteMigrate, subject: '7', args: { platform: 'p2' } };
  const restore = { ...common, type: siteRestore, subject: '7', args: { backup: '1' } };
  const onlyRestore = {
    ...restore,
    title: 'site restore without a backup first',
    args: { backup: '1', backupFirst: false },
  };
  await prove(t, clone, disk, cloning, { steps: 1, boundaries: 0, commands: 0, calls: 1, undos: 0, outages: 1 });
  await prove(t, migrate, disk, migrating, { steps: 1, boundaries: 1, commands: 0, calls: 1, undos: 1, outages: 1 });
  await prove(t, restore, disk, restoring, { steps: 1, boundaries: 1, commands: 0, calls: 0, undos: 0, outages: 1 });
  if (isAll && isWanted('site restore')) {
    const goal = await wanted(onlyRestore);
    await listed(t, onlyRestore, 'every step and every undo can be repeated', () => repeated(onlyRestore, goal));
  }
  assert.equal(farm.code(), code, 'the code of the platform is as it was');
  nothingLeft('sites that move, on real servers');
});

const [drupal, newDrupal] = [codeBases.drupal10, codeBases.drupal10New];
test('a Drupal 10 site is migrated to a newer release: whatever fails and whenever, the world is as wanted or as before', {
  timeout: hours(2),
  skip:
    (drupal === null || newDrupal === null) &&
    'no code of Drupal 10 here: set AEGIR_TEST_DRUPAL10 and AEGIR_TEST_DRUPAL10_NEW to document roots',
}, async (t) => {
  const code = { application: 'drupal', source: drupal ?? '', other: newDrupal ?? '' } as const;
  const { farm, disk } = await farmOnSmallDisk(t, 2_000, code);
  await played(farm.place, farm.truth, [siteInstall]);
  upload(farm, 'one.png', 700_000);
  upload(farm, 'two.png', 700_000);
  const before = await farm.save(farm.truth);
  const migrate = { heals: false, farm, before, type: siteMigrate, subject: '7', args: { platform: 'p2' } };
  await prove(t, migrate, disk, migrating, { steps: 3, boundaries: 2, commands: 1, calls: 2, undos: 1, outages: 2 });
  nothingLeft('Drupal 10 that moves, on real servers');
});

async function prove(t: TestContext, scene: RealScene, disk: Disk | null, outages: Outages, some: Some): Promise<void> {
  if (!isWanted(scene.type.name)) return;
  const of = <One>(all: readonly One[]): readonly One[] =>
    sample(all.length, isAll ? every : some.outages).flatMap((at) => all.slice(at, at + 1));
  const { kills, disconnects, full } = outages;
  const goal = await proven(t, scene, isAll ? all : some);
  await listed(t, scene, 'a killed worker is taken over by another', () => killed(scene, goal, of(kills)));
  await listed(t, scene, 'connections to the database are killed', () => disconnected(scene, goal, of(disconnects)));
  if (disk) await listed(t, scene, 'the disk is full', () => diskFull(scene, goal, disk, of(full)));
  else await t.test(`${scene.type.name}: the disk is full`, { skip: 'no disk can be mounted here' });
}

async function farmOnSmallDisk(
  t: TestContext,
  megabytes: number,
  more: RealFarmMore,
): Promise<{ readonly farm: RealFarm; readonly disk: Disk | null }> {
  const disk = await smallDisk(t, megabytes);
  const where = disk && { root: join(disk.path, 'aegir') };
  return { disk, farm: await realFarm(t, { ...more, ...where, rowsAndPages: [siteName, cloneName] }) };
}

/** With uploads; it was backed up, and has changed since. */
async function wordpressInUse(farm: RealFarm): Promise<Saved> {
  const { place, truth } = farm;
  await played(place, truth, [siteInstall]);
  upload(farm, 'one.png', 700_000);
  upload(farm, 'two.png', 700_000);
  await title(farm, 'As it was');
  await played(place, truth, [siteBackup], '7', { note: 'to be restored' });
  upload(farm, 'one.png', 800_000);
  upload(farm, 'three.png', 700_000);
  await title(farm, 'Changed');
  assert.equal(await titleOf(farm), 'Changed');
  return farm.save(truth);
}

function upload({ data }: RealFarm, name: string, bytes: number): void {
  const uploads = join(data.platformRoot, 'sites', siteName, 'files/2026');
  asWeb(`mkdir -p ${uploads} && head -c ${bytes} /dev/urandom >${uploads}/${name}`);
}
