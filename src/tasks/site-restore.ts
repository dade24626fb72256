import { z } from 'zod';
import { Problem } from '../model/problem.ts';
import { longMs } from '../services/backup/backups.ts';
import { checkFilling, lookForUpdates } from './backup/checking.ts';
import {
  type Filling,
  type FillingStep,
  filling,
  loadDatabase,
  readPackagesOfCopy,
  rewriteFormer,
  sourceOf,
  unpackFiles,
} from './backup/filling.ts';
import { type Backing, checkBackup, makeBackup } from './backup/making.ts';
import type { BackupContext } from './context.ts';
import { taskType } from './define.ts';
import { askAside, askSite, askUpdated } from './moving/asking.ts';
import { demandFree } from './moving/check.ts';
import { closeDoor, closeSite } from './moving/closing.ts';
import { runUpdates, writeSettings } from './moving/fitting.ts';
import { createDatabase, createDirectory } from './moving/making.ts';
import { type MovingStep, moving } from './moving/moving.ts';
import { takePlace } from './moving/placing.ts';
import { publishAside, switchOver } from './moving/publishing.ts';
import { dropDatabase, removeFiles, withdrawAside } from './moving/removing.ts';
import { putDirectories, siteDirectory } from './site-directory.ts';
import type { Step } from './task-type.ts';

/** The present state is backed up when nobody can change it any more; null: it was asked not to be. */
type Restoring = Filling & { readonly made: BackupContext | null; readonly present: Backing['seen'] };

/**
 * The site as it was takes the place of the site as it is. It is made beside it, and has answered, before it does: until
 * then, whatever fails, the site is what it was.
 */
export const siteRestore = taskType({
  name: 'site restore',
  title: 'Restore site',
  args: z.strictObject({
    backup: z
      .string()
      .regex(/^[1-9][0-9]{0,18}$/, 'is not the number of a backup')
      .describe('Number of the backup that it is made of'),
    backupFirst: z.boolean().default(true).describe('Back up what is there now, before it is replaced'),
    update: z.boolean().default(false).describe("Run the updates that the platform's code wants on it"),
  }),
  from: ['enabled', 'disabled'],
  timeoutMs: longMs,
  locks: (_, { backup }) => [`backup:${backup}`],
  copy: () => ({ directory: 'aside' }),
  backup: ({ backup, backupFirst }) =>
    backupFirst ? { reason: 'before restore', note: `before it was restored from backup ${backup}` } : null,

  async context(load, id, { backup, backupFirst, update }) {
    const made = backupFirst ? await load.newBackup() : null;
    const source = sourceOf(await load.backup(backup));
    // What it logs as errors it may have logged when it was backed up.
    const filled = moving(await load.copy(id), await load.site(id), { despiteErrors: true, updatesFollow: update });
    return filling(filled, source, { made, present: {} });
  },

  async check(context) {
    const { source, from, made, present } = context;
    if (source.backup.siteId !== from.site.id)
      throw new Problem(
        'invalid',
        `backup ${source.backup.id} is one of ${source.backup.siteName}, and not of ${from.site.name}`,
        {
          hint: `aegir backup list --site ${from.site.name} shows its own. Another's can become a site of its own: aegir site import.`,
        },
      );
    await checkFilling(context);
    await demandFree(context);
    if (made) {
      const instead = 'Restore it without: --no-backup-first.';
      await checkBackup({ ...from, made, seen: present }, { instead, closedFirst: true });
    }
  },

  steps: ({ made, updatesFollow }) => [
    createDatabase,
    createDirectory,
    unpackFiles,
    loadDatabase,
    publishAside,
    makeUp,
    closeWhatIsThere,
    ...(made ? [backUpPresent] : []),
    takePlace,
    writeSettings,
    rewriteFormer,
    ...(updatesFollow ? [runUpdates, askUpdated] : [lookForUpdates, askAside, readPackagesOfCopy]),
    switchOver,
    askSite,
    withdrawAside,
    dropDatabase,
    removeFiles,
  ],
  done: () => ({ site: { moved: { database: true }, verified: true } }),
  failed: () => ({}),
});

/** Of the site as it is: what was written until it was closed is in it. */
const backUpPresent: Step<Restoring, { backup: string }> = {
  name: 'back up the present state',
  run: async ({ from, made, present }) => (made ? makeBackup.run({ ...from, made, seen: present }) : undefined),
  async undo({ from, made }) {
    if (made && typeof makeBackup.undo === 'function') await makeBackup.undo({ ...from, made, seen: {} });
  },
};

/** A site whose directory or database is gone is what restoring is for; what closes it and takes its place wants to find them. */
const makeUp: FillingStep = {
  name: 'make up for what is gone',
  async run({ from, machine, report }) {
    if (from.site.databaseIsOurs) await report.changed(await from.db.create(from.site.database));
    if ((await machine.stat(siteDirectory(from))) !== null) return;
    await machine.makeDirectory(standIn(from), { mode: '0755' });
    await machine.write(`${standIn(from)}/${mark}`, 'Made by a restore, as there was none.\n', { mode: '0600' });
    await machine.move(standIn(from), siteDirectory(from));
    await report.changed(await putDirectories(from));
  },
  async undo({ from, machine }) {
    await machine.remove(standIn(from));
    if (await machine.stat(`${siteDirectory(from)}/${mark}`)) await machine.remove(siteDirectory(from));
  },
};

/** A file that is gone cannot be closed, and needs not be. */
const closeWhatIsThere: MovingStep = {
  ...closeSite,
  async run(context) {
    const { driver, name } = context.from.installed.database;
    const isGone = driver === 'sqlite' && (await context.machine.stat(name)) === null;
    return isGone ? closeDoor(context) : closeSite.run(context);
  },
};

const mark = '.made-by-restore';
const standIn = ({ platform, site }: Filling['from']): string => `${platform.root}/sites/.restoring-${site.id}`;
