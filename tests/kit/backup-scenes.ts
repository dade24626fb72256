import assert from 'node:assert/strict';
import { putSimulatedState, simulatedState } from '../../src/simulation/php.ts';
import { backupDelete } from '../../src/tasks/backup-delete.ts';
import { backupExport } from '../../src/tasks/backup-export.ts';
import { backupImport } from '../../src/tasks/backup-import.ts';
import { backupTest } from '../../src/tasks/backup-test.ts';
import { backupVerify } from '../../src/tasks/backup-verify.ts';
import { siteBackup } from '../../src/tasks/site-backup.ts';
import { siteDisable } from '../../src/tasks/site-disable.ts';
import { siteImport } from '../../src/tasks/site-import.ts';
import { siteRestore } from '../../src/tasks/site-restore.ts';
import type { TaskType } from '../../src/tasks/task-type.ts';
import { keptDirectory } from './backups-of-farm.ts';
import { type FarmParts, hand, platformRootOfFarm } from './farm.ts';
import { lived } from './moving-scenes.ts';
import { played, type Scene } from './played.ts';
import { backupName, siteName, type Truth } from './truth.ts';

const directory = `${platformRootOfFarm}/sites/${siteName}`;

/** A site with a backup, number 1, which was changed since. */
async function backedUp(parts: FarmParts, ...then: readonly TaskType[]): Promise<Truth> {
  return backedUpTo('here', parts, ...then);
}

/** The same with a file service that keeps a copy of each backup, or the only one. */
async function kept(keeps: Truth['keeps'], parts: FarmParts): Promise<Truth> {
  const truth = await lived(parts);
  parts.world.directory(keptDirectory, { mode: '0700' });
  parts.world.directory('/var/aegir/passing', { mode: '0700' });
  truth.keeps = keeps;
  return truth;
}

async function backedUpTo(keeps: Truth['keeps'], parts: FarmParts, ...then: readonly TaskType[]): Promise<Truth> {
  const truth = keeps === 'here' ? await lived(parts) : await kept(keeps, parts);
  parts.world.directory('/var/aegir/transfers', { mode: '0700' });
  await played(parts, truth, [siteBackup], '7');
  parts.world.put(`${directory}/files/pictures/two.png`, 'another', { owner: 'www-data', group: 'www-data' });
  parts.world.remove(`${directory}/files/pictures/one.png`);
  parts.world.put(`${directory}/notes.txt`, 'changed since');
  const { installed } = await hand(parts, truth).load.site('7');
  const state = simulatedState(parts.world, installed.database);
  assert.ok(state);
  putSimulatedState(parts.world, installed.database, { ...state, title: 'Changed since' });
  await played(parts, truth, then, '7');
  return truth;
}

/** What another hub exported lies among the transfers, as number 2. */
async function uploaded(parts: FarmParts): Promise<Truth> {
  const truth = await backedUp(parts);
  await played(parts, truth, [backupExport], '1');
  parts.world.move(`/var/aegir/transfers/${backupName('1')}.tar`, '/var/aegir/transfers/upload-x');
  truth.backups['2'] = { status: 'queued', reason: 'import', siteId: null, upload: 'upload-x', manifest: null };
  return truth;
}

const restore = { type: siteRestore, subject: '7', args: { backup: '1' } } as const;

export const backupScenes: readonly Scene[] = [
  { title: 'site backup', type: siteBackup, subject: '7', args: {}, prepare: (parts) => lived(parts) },
  { ...restore, title: 'site restore', prepare: (parts) => backedUp(parts) },
  { ...restore, title: 'site restore of a disabled one', prepare: (parts) => backedUp(parts, siteDisable) },
  {
    ...{ ...restore, title: 'site restore without a backup first', args: { backup: '1', backupFirst: false } },
    prepare: (parts) => backedUp(parts),
  },
  {
    ...{ ...restore, title: 'site restore of one whose directory is gone' },
    args: { backup: '1', backupFirst: false },
    async prepare(parts) {
      const truth = await backedUp(parts);
      parts.world.remove(directory);
      return truth;
    },
  },
  {
    ...{ ...restore, title: 'site restore with its updates', args: { backup: '1', update: true } },
    only: ['nginx, mysql, Drupal', 'apache, sqlite, Drupal'],
    prepare: (parts) => backedUp(parts),
  },
  {
    ...{ title: 'site import from a backup with its updates', type: siteImport, subject: '8' },
    args: { backup: '1', update: true },
    only: ['apache, mysql, WordPress', 'nginx, postgresql, Drupal'],
    prepare: (parts) => backedUp(parts),
  },
  {
    ...{ title: 'site import from a backup', type: siteImport, subject: '8', args: { backup: '1' } },
    prepare: (parts) => backedUp(parts),
  },
  { title: 'backup verify', type: backupVerify, subject: '1', args: {}, prepare: (parts) => backedUp(parts) },
  { title: 'backup test', type: backupTest, subject: '1', args: {}, prepare: (parts) => backedUp(parts) },
  { title: 'backup export', type: backupExport, subject: '1', args: {}, prepare: (parts) => backedUp(parts) },
  { title: 'backup delete', type: backupDelete, subject: '1', args: {}, prepare: (parts) => backedUp(parts) },
  { title: 'backup import', type: backupImport, subject: '2', args: {}, prepare: uploaded },
  {
    ...{ title: 'site backup in two places', type: siteBackup, subject: '7', args: {} },
    only: ['nginx, mysql, Drupal'],
    prepare: (parts) => kept('in two places', parts),
  },
  {
    ...{ title: 'site backup kept elsewhere only', type: siteBackup, subject: '7', args: {} },
    only: ['apache, mysql, WordPress'],
    prepare: (parts) => kept('elsewhere', parts),
  },
  {
    ...{ ...restore, title: 'site restore from elsewhere' },
    only: ['apache, mysql, WordPress'],
    prepare: (parts) => backedUpTo('elsewhere', parts),
  },
  {
    // The copy that comes back is to be here, and stays whatever becomes of the restore.
    ...{ ...restore, title: 'site restore whose first copy is gone', heals: true },
    only: ['nginx, postgresql, Drupal'],
    async prepare(parts) {
      const truth = await backedUpTo('in two places', parts);
      parts.world.remove(`/var/aegir/backups/${backupName('1')}.tar`);
      return truth;
    },
  },
  ...([backupVerify, backupTest, backupExport, backupDelete] as const).map((type) => ({
    ...{ title: `${type.name} of one elsewhere`, type, subject: '1', args: {} },
    only: ['apache, mysql, WordPress'],
    prepare: (parts: FarmParts) => backedUpTo('elsewhere', parts),
  })),
  {
    ...{ title: 'backup delete in two places', type: backupDelete, subject: '1', args: {} },
    only: ['nginx, mysql, Drupal'],
    prepare: (parts) => backedUpTo('in two places', parts),
  },
];
