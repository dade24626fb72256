import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { TaskEvent } from '../src/model/event.ts';
import { backupDelete } from '../src/tasks/backup-delete.ts';
import { backupExport } from '../src/tasks/backup-export.ts';
import { backupImport } from '../src/tasks/backup-import.ts';
import { backupTest } from '../src/tasks/backup-test.ts';
import { backupVerify } from '../src/tasks/backup-verify.ts';
import { siteBackup } from '../src/tasks/site-backup.ts';
import { siteDelete } from '../src/tasks/site-delete.ts';
import { siteImport } from '../src/tasks/site-import.ts';
import { siteInstall } from '../src/tasks/site-install.ts';
import { siteRestore } from '../src/tasks/site-restore.ts';
import type { TaskType } from '../src/tasks/task-type.ts';
import { type Ending, run } from '../src/worker/run.ts';
import { backupName, hand } from './kit/farm.ts';
import { type RealFarm, realFarm } from './kit/real-farm.ts';
import { allocate, cloneName, settle, siteName } from './kit/truth.ts';

interface Done {
  readonly ending: Ending;
  readonly events: readonly TaskEvent[];
}

/** As a worker would: the task on this subject, to its end. */
async function ask(farm: RealFarm, type: TaskType, subject: string, args: object = {}): Promise<Done> {
  allocate(farm.truth, type, args);
  const worker = hand(farm.place, farm.truth);
  const task = await type.open(worker.load, subject, args);
  const control = { claim: worker.claim.signal, stop: () => undefined, undoing: () => {} };
  const ending = await run(task, worker.log, [], control);
  settle(farm.truth, ending.status === 'done' ? task.done(ending.result) : task.failed(), subject);
  return { ending, events: worker.events };
}

async function done(farm: RealFarm, type: TaskType, subject: string, args: object = {}): Promise<Done> {
  const all = await ask(farm, type, subject, args);
  assert.equal(all.ending.status, 'done', `${type.name}: ${JSON.stringify(all.ending)}`);
  return all;
}

interface BackedUp extends RealFarm {
  readonly directory: string;
  readonly backups: string;
}

/** WordPress with an upload, a file that is the operator's, and a backup of both: number 1. */
async function backedUp(t: TestContext): Promise<BackedUp> {
  const farm = await realFarm(t);
  await done(farm, siteInstall, '7');
  const directory = join(farm.data.platformRoot, 'sites', siteName);
  asWeb(`mkdir -p ${directory}/files/2026; cd ${directory}/files/2026; printf picture >one.png; ln -s one.png link`);
  await writeFile(join(directory, 'notes.txt'), 'of the operator');
  await title(farm, 'As it was');
  await done(farm, siteBackup, '7', { note: 'the first' });
  return { ...farm, directory, backups: join(farm.data.root, 'backups') };
}

const asWeb = (script: string): void => void execFileSync('sudo', ['-n', '-u', 'www-data', 'sh', '-c', script]);

async function title({ server, truth }: RealFarm, to: string): Promise<void> {
  await server.sql(
    `update \`${truth.at.database}\`.wp_options set option_value = '${to}' where option_name = 'blogname'`,
  );
}

const titleOf = async (farm: RealFarm, name = siteName): Promise<string> =>
  /<title>([^<&]*)/.exec((await farm.page('/', name)).text)?.[1]?.trim() ?? '';

/** Each begins where the farm is after `backedUp`. */
const acts = new Map<string, (farm: BackedUp) => Promise<void>>();

test('backups of a real site', async (t) => {
  const farm = await backedUp(t);
  const saved = await farm.save(farm.truth);
  for (const [what, act] of acts) {
    await t.test(what, () => act(farm));
    await farm.restore(saved);
    Object.assign(farm.truth, structuredClone(saved.truth), { found: [] });
  }
});

acts.set(
  'a real site is backed up and restored in place, with what it was changed to backed up first',
  async (farm) => {
    const { directory, backups, truth } = farm;
    assert.deepEqual(await readdir(backups), [`${backupName('1')}.tar`]);
    await title(farm, 'Changed');
    asWeb(`rm ${directory}/files/2026/one.png; printf new >${directory}/files/new.png`);
    await writeFile(join(directory, 'notes.txt'), 'changed');
    assert.equal(await titleOf(farm), 'Changed');
    await done(farm, backupVerify, '1');
    await done(farm, siteRestore, '7', { backup: '1' });
    assert.equal(await titleOf(farm), 'As it was');
    assert.equal(await readFile(join(directory, 'files/2026/one.png'), 'utf8'), 'picture');
    assert.equal(await readFile(join(directory, 'files/2026/link'), 'utf8'), 'picture');
    assert.equal(existsSync(join(directory, 'files/new.png')), false);
    assert.equal(await readFile(join(directory, 'notes.txt'), 'utf8'), 'of the operator');
    assert.equal(
      (await stat(join(directory, 'files/2026/one.png'))).uid,
      (await stat(join(directory, 'files/2026'))).uid,
    );
    // The state that was replaced is a backup of its own, and can be had again.
    assert.equal(truth.backups['2']?.status, 'enabled');
    await done(farm, siteRestore, '7', { backup: '2' });
    assert.equal(await titleOf(farm), 'Changed');
    assert.equal(await readFile(join(directory, 'files/new.png'), 'utf8'), 'new');
    assert.deepEqual(
      (await readdir(join(farm.data.platformRoot, 'sites'))).filter((name) => name.startsWith('.')),
      [],
    );
  },
);

acts.set('a backup comes back after its site was deleted: under its name, and under another', async (farm) => {
  await done(farm, siteDelete, '7', { force: true });
  assert.equal(farm.truth.backups['2']?.reason, 'before delete');
  assert.equal((await farm.page('/')).status, 404);
  await done(farm, siteImport, '8', { backup: '2' });
  assert.equal(await titleOf(farm, cloneName), 'As it was');
  const copy = join(farm.data.platformRoot, 'sites', cloneName);
  assert.equal(await readFile(join(copy, 'files/2026/one.png'), 'utf8'), 'picture');
});

acts.set('a backup is tested: a site is made of it that nobody sees, and nothing stays', async (farm) => {
  const before = await farm.world();
  await done(farm, backupTest, '1');
  assert.equal(await farm.world(), before);
  const found = farm.truth.found.flatMap(({ backup }) => backup?.tested ?? []);
  assert.deepEqual(
    found.map(({ ok, why }) => ({ ok, why })),
    [{ ok: true, why: null }],
  );
});

acts.set('a backup is exported and imported, and is the same', async (farm) => {
  await done(farm, backupExport, '1');
  const transfers = join(farm.data.root, 'transfers');
  await rename(join(transfers, `${backupName('1')}.tar`), join(transfers, 'upload-x'));
  farm.truth.backups['2'] = { status: 'queued', reason: 'import', siteId: '7', upload: 'upload-x', manifest: null };
  await done(farm, backupImport, '2');
  assert.deepEqual(await readdir(transfers), []);
  await title(farm, 'Changed');
  await done(farm, siteRestore, '7', { backup: '2' });
  assert.equal(await titleOf(farm), 'As it was');
  await done(farm, backupDelete, '1');
  assert.equal(existsSync(join(farm.backups, `${backupName('1')}.tar`)), false);
});
