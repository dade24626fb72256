import { z } from 'zod';
import { Problem } from '../model/problem.ts';
import type { SiteContext } from './context.ts';
import { taskType } from './define.ts';
import { putDirectories, putSettings, siteDirectory } from './site-directory.ts';
import { readPackages } from './site-packages.ts';
import { pointed, repairing } from './site-records.ts';
import type { Step } from './task-type.ts';
import { publish } from './vhost.ts';

/** The healer: makes everything of a site as the hub says it is, touches nothing that already is, and says what it changed. */
export const siteVerify = taskType({
  name: 'site verify',
  title: 'Verify site',
  args: z.strictObject({}),
  from: ['enabled', 'disabled'],
  timeoutMs: 10 * 60_000,
  coalesce: true,
  context: (load, id) => load.site(id),

  async check({ machine, site, platform }) {
    const [sites, directory] = [`${platform.root}/sites`, siteDirectory({ site, platform })];
    const there = await machine.statMany([sites, directory]);
    if (!there.has(sites))
      throw new Problem('not-found', `platform ${platform.name} is not at ${platform.root} any more`, {
        hint: 'Bring its code back, or migrate its sites to another platform.',
      });
    if (!there.has(directory))
      throw new Problem('not-found', `the directory of ${site.name}, ${directory}, is gone`, {
        hint: 'Restore the site from a backup; verify would make an empty one.',
      });
  },

  steps: (context) => [
    repairDatabase,
    repairDirectories,
    rewriteSettings,
    republish,
    ...repairing(context),
    readPackages,
  ],

  done: (context) => ({ site: { verified: true, ...pointed(context) } }),
  failed: () => ({ site: { verified: false } }),
});

type VerifyStep = Step<SiteContext, Record<string, never>>;

// Verify heals: what a step has put right stays right when a later one fails, so none of them is undone.
const repairDatabase: VerifyStep = {
  name: 'repair database account',
  async run({ db, site, report }) {
    if (site.databaseIsOurs) await report.changed(await db.create(site.database));
  },
  undo: 'nothing', // See above.
};

const repairDirectories: VerifyStep = {
  name: 'repair directories',
  run: async (context) => context.report.changed(await putDirectories(context)),
  undo: 'nothing', // See above.
};

const rewriteSettings: VerifyStep = {
  name: 'rewrite settings',
  run: async (context) => context.report.changed(await putSettings(context)),
  undo: 'nothing', // See above.
};

const republish: VerifyStep = {
  name: 'publish',
  run: async (context) =>
    context.report.changed(await publish(context, context.site.status === 'disabled' ? 'disabled' : 'enabled')),
  undo: 'nothing', // See above. The engine puts a refused vhost back itself.
};
