import { z } from 'zod';
import { Problem } from '../model/problem.ts';
import { Secret } from '../model/secret.ts';
import { begin, unbegin } from './begun.ts';
import type { SiteContext } from './context.ts';
import { taskType } from './define.ts';
import { putDirectories, putSettings, removeDirectory, siteDirectory } from './site-directory.ts';
import { readPackages } from './site-packages.ts';
import { checkNames, pointed, pointing } from './site-records.ts';
import type { Step } from './task-type.ts';
import { demandUnpublished, publish, unpublish } from './vhost.ts';

export const siteInstall = taskType({
  name: 'site install',
  title: 'Install site',
  args: z.strictObject({}),
  from: ['queued', 'failed'],
  timeoutMs: 30 * 60_000,
  context: (load, id) => load.site(id),

  async check(context) {
    const { db, machine, site, platform, application, scan, installed } = context;
    const refused = application.refusesDatabase(installed.database.driver, platform.version ?? '', null);
    if (refused) throw new Problem('invalid', refused, { hint: 'Choose another database service for the site.' });
    const profiles = scan ? application.profiles(scan) : [];
    if (profiles.length > 0 && !profiles.includes(site.profile))
      throw new Problem('invalid', `platform ${platform.name} has no profile '${site.profile}'`, {
        hint: `It has: ${profiles.join(', ')}.`,
      });
    if (await machine.stat(siteDirectory({ site, platform })))
      throw new Problem('conflict', `there is already a directory ${siteDirectory({ site, platform })}`, {
        hint: 'Import the site that is in it (aegir site import), or remove the directory.',
      });
    if (await db.exists(site.database))
      throw new Problem('conflict', `there is already a database ${site.database.name}`, {
        hint: 'It was not made by Aegir: rename or drop it, then retry the task.',
      });
    await demandUnpublished(context);
    await checkNames(context);
  },

  steps: (context) => [
    createDatabase,
    createDirectory,
    writeSettings,
    installApplication,
    publishSite,
    ...pointing(context),
    readPackages,
    makeLoginLink,
  ],

  done: (context) => ({
    site: { status: 'enabled', verified: true, databaseIsOurs: true, ...pointed(context) },
  }),
  failed: () => ({ site: { status: 'failed' } }),
});

type InstallStep = Step<SiteContext, Record<string, never>>;

const createDatabase: InstallStep = {
  name: 'create database',
  async run(context) {
    const { db, site, report } = context;
    await begin(context);
    await report.changed(await db.create(site.database));
  },
  async undo(context) {
    await context.db.destroy(context.site.database);
    await unbegin(context);
  },
};

const createDirectory: InstallStep = {
  name: 'create directory',
  run: async (context) => context.report.changed(await putDirectories(context)),
  undo: (context) => removeDirectory(context, siteDirectory(context)),
};

const writeSettings: InstallStep = {
  name: 'write settings',
  run: async (context) => context.report.changed(await putSettings(context)),
  undo: 'nothing', // They are in the directory, which the step before takes away.
};

const installApplication: InstallStep = {
  name: 'install application',
  async run({ application, machine, installed, report }) {
    // A lost worker may have finished the installer and died before it could say so.
    if (!report.isDryRun && (await application.isInstalled(machine, installed)))
      return report.note('the application is already installed');
    await application.install(machine, installed);
  },
  // All it wrote is in the database and the directory, which earlier steps take away: the directory first, as that waits
  // until an installer that goes on without its worker has ended.
  undo: 'nothing',
};

const publishSite: InstallStep = {
  name: 'publish',
  run: async (context) => context.report.changed(await publish(context, 'enabled')),
  undo: unpublish,
};

/** Last, so that the link is as fresh as can be. Shared with `site login`. */
export const makeLoginLink: InstallStep = {
  name: 'make login link',
  async run({ application, machine, installed, report }) {
    await report.keep('loginLink', new Secret(await application.loginLink(machine, installed)));
  },
  undo: 'nothing', // A link that nobody was told of expires by itself.
};
