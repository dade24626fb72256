import { z } from 'zod';
import { Problem } from '../model/problem.ts';
import type { SiteContext } from './context.ts';
import { taskType } from './define.ts';
import { atRest, removeDirectory, removedDirectory, siteDirectory } from './site-directory.ts';
import type { Step } from './task-type.ts';
import { publish } from './vhost.ts';

/** What can be put back comes first; then what cannot, which from there on only goes forward. */
export const siteDelete = taskType({
  name: 'site delete',
  title: 'Delete site',
  args: z.strictObject({
    force: z.boolean().default(false).describe('Delete it although it is enabled.'),
  }),
  from: ['queued', 'enabled', 'disabled', 'failed'],
  timeoutMs: 30 * 60_000,
  context: async (load, id, { force }) => ({ ...(await load.site(id)), force }),

  async check({ site, force, db }) {
    if (site.status === 'enabled' && !force)
      throw new Problem('wrong-status', `${site.name} is enabled`, {
        hint: 'Disable it first, or delete it with --force.',
      });
    // Dropping the database cannot be undone or left out, so its server must be there before anything begins.
    if (site.databaseIsOurs) await db.exists(site.database);
  },

  steps: () => [unpublish, setAside, dropDatabase, removeFiles],

  done: () => ({ site: { status: 'deleted' } }),
  failed: () => ({}),
});

type DeleteStep = Step<SiteContext, Record<string, never>>;

const unpublish: DeleteStep = {
  name: 'unpublish',
  run: ({ http, site }) => http.destroy(site.name),
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
