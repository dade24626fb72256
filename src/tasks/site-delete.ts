import { z } from 'zod';
import { Problem } from '../model/problem.ts';
import { type Backing, checkBackup, makeBackup } from './backup/making.ts';
import { isNotBegun } from './begun.ts';
import type { BackupContext, SiteContext } from './context.ts';
import { taskType } from './define.ts';
import { atRest, removeDirectory, removedDirectory, siteDirectory } from './site-directory.ts';
import { withdrawing } from './site-records.ts';
import type { Step } from './task-type.ts';
import { publish, unpublish } from './vhost.ts';

/** What can be put back comes first; then what cannot, which from there on only goes forward. */
export const siteDelete = taskType({
  name: 'site delete',
  title: 'Delete site',
  args: z.strictObject({
    force: z.boolean().default(false).describe('Delete it although it is enabled.'),
    backup: z.boolean().default(true).describe('Back it up before anything of it is removed'),
  }),
  from: ['queued', 'enabled', 'disabled', 'failed'],
  timeoutMs: 30 * 60_000,
  backup: ({ backup }) => (backup ? { reason: 'before delete', note: 'before it was deleted' } : null),
  async context(load, id, { force, backup }) {
    const made = backup ? await load.newBackup() : null;
    return { ...(await load.site(id)), made, force, seen: {} };
  },

  async check(context) {
    const { site, force, db } = context;
    if (site.status === 'enabled' && !force)
      throw new Problem('wrong-status', `${site.name} is enabled`, {
        hint: 'Disable it first, or delete it with --force.',
      });
    // Dropping the database cannot be undone or left out, so its server must be there before anything begins.
    if (site.databaseIsOurs) await db.exists(site.database);
    if (isBacking(context)) await checkBackup(context, { instead: 'Delete it without: --no-backup.' });
  },

  steps: (context) =>
    isNotBegun(context)
      ? [leave]
      : [
          ...(isBacking(context) ? [backUp] : []),
          unpublishSite,
          ...withdrawing(context),
          setAside,
          dropDatabase,
          removeFiles,
        ],

  done: () => ({ site: { status: 'deleted' } }),
  failed: () => ({}),
});

type Deleting = SiteContext & Pick<Backing, 'seen'> & { readonly made: BackupContext | null };
type DeleteStep = Step<Deleting, Record<string, never>>;

/** One that never was installed has nothing that could be brought back. */
const isBacking = (context: Deleting): context is Deleting & Backing =>
  context.made !== null && (context.site.status === 'enabled' || context.site.status === 'disabled');

/** What was in the way of a site that could not be made stays when the site is given up. */
const leave: DeleteStep = {
  name: 'leave what is not its own',
  async run(context) {
    const { machine, report, site } = context;
    if ((await machine.stat(siteDirectory(context))) === null) return;
    await report.note(`left ${siteDirectory(context)} as it is: nothing was ever made of ${site.name}`, 'warning');
  },
  undo: 'nothing', // It only looks.
};

/** When it fails, the site is not deleted. */
const backUp: DeleteStep = {
  name: makeBackup.name,
  async run(context) {
    if (isBacking(context)) await makeBackup.run(context);
  },
  async undo(context) {
    if (isBacking(context) && typeof makeBackup.undo === 'function') await makeBackup.undo(context);
  },
};

const unpublishSite: DeleteStep = {
  name: 'unpublish',
  run: unpublish,
  async undo(context) {
    // A site that never was installed was never published either.
    const { status } = context.site;
    if (status === 'enabled' || status === 'disabled') await publish(context, status);
  },
};

const setAside: DeleteStep = {
  name: 'set files aside',
  async run(context) {
    const { machine } = context;
    if ((await machine.stat(siteDirectory(context))) === null) return;
    await atRest(machine, siteDirectory(context));
    await machine.move(siteDirectory(context), removedDirectory(context));
  },
  async undo(context) {
    const { machine } = context;
    if (await machine.stat(removedDirectory(context)))
      await machine.move(removedDirectory(context), siteDirectory(context));
  },
};

const dropDatabase: DeleteStep = {
  name: 'drop database',
  async run({ db, site, report }) {
    if (site.databaseIsOurs) await db.destroy(site.database);
    else await report.note(`database ${site.database.name} was there before Aegir, so it stays`);
  },
  undo: 'forward',
};

const removeFiles: DeleteStep = {
  name: 'remove files',
  run: (context) => removeDirectory(context, removedDirectory(context)),
  undo: 'forward',
};
