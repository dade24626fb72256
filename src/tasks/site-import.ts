import { z } from 'zod';
import type { SiteFound } from '../applications/application.ts';
import { Problem } from '../model/problem.ts';
import type { DatabaseAddress } from '../model/site.ts';
import type { SiteContext } from './context.ts';
import { taskType } from './define.ts';
import { putDirectories, putSettings, siteDirectory } from './site-directory.ts';
import { readPackages } from './site-packages.ts';
import type { Step } from './task-type.ts';
import { publish } from './vhost.ts';

type ImportContext = SiteContext & { readonly found: SiteFound | undefined; readonly settingsPaths: readonly string[] };

/** Takes over a site that lies in its platform's directory: its database, its files and its salt stay what they are. */
export const siteImport = taskType({
  name: 'site import',
  title: 'Import site',
  args: z.strictObject({}),
  from: ['queued', 'failed'],
  timeoutMs: 30 * 60_000,
  context: async (load, id) => withFound(await load.site(id)),

  async check({ found, http, site, platform }) {
    if (!found)
      throw new Problem('not-found', `there is no site in ${siteDirectory({ site, platform })}`, {
        hint: 'aegir platform get shows the sites that were found on it.',
      });
    if (found.database === null)
      throw new Problem('invalid', `the settings in ${siteDirectory({ site, platform })} name no database`, {
        hint: 'They take it from the environment. Write the credentials into its settings, then retry.',
      });
    if (await http.exists(site.name))
      throw new Problem('conflict', `${site.name} is already published on this web server`, {
        hint: 'Remove its configuration file from vhost.d, then retry.',
      });
  },

  steps: () => [takeOver, keepSettings, prepareDirectories, writeSettings, publishSite, readPackages],

  done: () => ({ site: { status: 'enabled', verified: true, databaseIsOurs: false } }),
  failed: () => ({ site: { status: 'failed' } }),
});

/** Once the credentials are taken over, the hub's row has them and our own settings name none. */
async function withFound(context: SiteContext): Promise<ImportContext> {
  const { application, machine, platform, site, installed } = context;
  const found = (await application.sitesFound(machine, platform)).find(({ directory }) => directory === site.directory);
  const settingsPaths = application
    .files(installed, [])
    .filter(({ once }) => !once)
    .map(({ path }) => path);
  if (!found?.database) return { ...context, found, settingsPaths };
  const { name, user, password, host, port, driver } = found.database;
  const database: DatabaseAddress = { ...installed.database, driver: known(driver), name, user, password, host, port };
  const taken = { ...site, database: { name, user, password }, hashSalt: found.hashSalt ?? site.hashSalt };
  return { ...context, site: taken, installed: { ...installed, site: taken, database }, found, settingsPaths };
}

function known(driver: string): DatabaseAddress['driver'] {
  if (driver === 'mysql' || driver === 'pgsql' || driver === 'sqlite') return driver;
  throw new Problem('invalid', `the site's database is of a kind that Aegir does not know: ${driver}`);
}

type ImportStep = Step<ImportContext, Record<string, never>>;

const takeOver: ImportStep = {
  name: 'take over the database',
  async run({ found, site, report }) {
    if (!found?.database) return;
    await report.record({ site: { database: site.database, hashSalt: site.hashSalt } });
  },
  undo: 'nothing', // It only makes the hub know what the site's own settings say.
};

const keepSettings: ImportStep = {
  name: 'keep its own settings',
  async run({ machine, settingsPaths, found }) {
    for (const path of settingsPaths)
      if (found?.database && (await machine.stat(path)) && !(await machine.stat(kept(path))))
        await machine.move(path, kept(path));
  },
  async undo({ machine, settingsPaths }) {
    for (const path of settingsPaths) if (await machine.stat(kept(path))) await machine.move(kept(path), path);
  },
};
const kept = (path: string): string => `${path}.before-import`;

const prepareDirectories: ImportStep = {
  name: 'repair directories',
  run: async (context) => context.report.changed(await putDirectories(context)),
  undo: 'nothing', // Directories that were missing hurt nobody, and permissions of those that were there are the safer ones.
};

const writeSettings: ImportStep = {
  name: 'write settings',
  run: async (context) => context.report.changed(await putSettings(context)),
  undo: async ({ machine, settingsPaths }) => {
    for (const path of settingsPaths) await machine.remove(path);
  },
};

const publishSite: ImportStep = {
  name: 'publish',
  run: async (context) => context.report.changed(await publish(context, 'enabled')),
  undo: ({ http, site }) => http.destroy(site.name),
};
