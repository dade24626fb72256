import type { SiteFound } from '../applications/application.ts';
import type { FileMode, Machine } from '../machine/machine.ts';
import { Problem } from '../model/problem.ts';
import { importArgs, importFromBackup } from './backup/importing.ts';
import type { SiteContext } from './context.ts';
import { taskType } from './define.ts';
import { putDirectories, putSettings, siteDirectory } from './site-directory.ts';
import { readPackages } from './site-packages.ts';
import { checkNames, pointed, pointing } from './site-records.ts';
import type { Step, TaskType } from './task-type.ts';
import { demandUnpublished, publish, unpublish } from './vhost.ts';

type ImportContext = SiteContext & { readonly found: SiteFound | undefined; readonly settingsPaths: readonly string[] };

/** Takes over a site that lies in its platform's directory: its database, its files and its salt stay what they are. */
const importInPlace = taskType({
  name: 'site import',
  title: 'Import site',
  args: importArgs,
  from: ['queued', 'failed'],
  timeoutMs: 30 * 60_000,
  context: async (load, id) => withFound(await load.site(id)),

  async check(context) {
    const { found, site, platform, installed } = context;
    if (!found)
      throw new Problem('not-found', `there is no site in ${siteDirectory({ site, platform })}`, {
        hint: 'aegir platform get shows the sites that were found on it.',
      });
    if (found.database === null)
      throw new Problem('invalid', `the settings in ${siteDirectory({ site, platform })} name no database`, {
        hint: 'They take it from the environment. Write the credentials into its settings, then retry.',
      });
    if (found.database.driver !== installed.database.driver)
      throw new Problem(
        'invalid',
        `the database of the site is ${found.database.driver}, its db service ${installed.database.driver}`,
        { hint: 'Import it with --db-server and a server whose db service holds its database.' },
      );
    await demandUnpublished(context);
    await checkNames(context);
  },

  steps: (context) => [
    takeOver,
    keepSettings,
    prepareDirectories,
    moveFile,
    writeSettings,
    publishSite,
    ...pointing(context),
    readPackages,
  ],

  done: (context) => ({ site: { status: 'enabled', verified: true, databaseIsOurs: false, ...pointed(context) } }),
  failed: () => ({ site: { status: 'failed' } }),
});

const chosen = (args: unknown): TaskType =>
  importArgs.parse(args).backup === undefined ? importInPlace : importFromBackup;

/** A site that is there already, or one that comes out of a backup: to who asks it is one wish. */
export const siteImport: TaskType = {
  ...importInPlace,
  timeoutMs: importFromBackup.timeoutMs,
  locks: (subject, args) => chosen(args).locks(subject, args),
  open: (load, subject, args, added) => chosen(args).open(load, subject, args, added),
};

/** Once the credentials are taken over, the hub's row has them and our own settings name none. */
async function withFound(context: SiteContext): Promise<ImportContext> {
  const { application, machine, platform, site, installed } = context;
  const found = (await application.sitesFound(machine, platform)).find(({ directory }) => directory === site.directory);
  const settingsPaths = application
    .files(installed, [])
    .filter(({ once }) => !once)
    .map(({ path }) => path);
  if (!found?.database) return { ...context, found, settingsPaths };
  const { name, user, password } = found.database;
  const isFile = found.database.driver === 'sqlite';
  const taken = {
    ...site,
    database: isFile ? site.database : { name, user, password },
    hashSalt: found.hashSalt ?? site.hashSalt,
  };
  // Reached as the db service says and not as its settings did: that is how it will be reached from now on.
  const database = { ...installed.database, ...(!isFile && { name, user, password }) };
  return { ...context, site: taken, installed: { ...installed, site: taken, database }, found, settingsPaths };
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

const kept = (path: string): string => `${path}.before-import`;
/** How its directories were, and which files were not there; stays beside the kept settings. */
const keptNotes = (context: ImportContext): string => `${siteDirectory(context)}/.before-import.json`;

const keepSettings: ImportStep = {
  name: 'keep what it was',
  async run(context) {
    const { machine, settingsPaths, found } = context;
    if (!(await machine.stat(keptNotes(context))))
      await machine.write(keptNotes(context), JSON.stringify(await before(context)), { mode: '0400' });
    for (const path of settingsPaths)
      if (found?.database && (await machine.stat(path)) && !(await machine.stat(kept(path))))
        await machine.move(path, kept(path));
  },
  async undo(context) {
    const { machine, settingsPaths } = context;
    for (const path of settingsPaths) if (await machine.stat(kept(path))) await machine.move(kept(path), path);
    await machine.remove(keptNotes(context));
  },
};

/** Steps hand nothing to each other, and a second worker must know it too: so it lies beside the site. */
interface Before {
  readonly paths: readonly { readonly path: string; readonly mode: FileMode | null }[];
  /** Of a SQLite site. */
  readonly databaseFile: string | null;
}

async function before({ application, machine, site, platform, installed, found }: ImportContext): Promise<Before> {
  const paths: { path: string; mode: FileMode | null }[] = [];
  for (const { path, once } of application.files(installed, []))
    if (once && !(await machine.stat(path))) paths.push({ path, mode: null });
  for (const { path } of application.directories(site, platform)) {
    const stat = await machine.stat(path);
    // A FileStat's mode is octal with a leading 0, as a FileMode's is.
    paths.push({ path, mode: stat && { mode: stat.mode as FileMode['mode'], group: stat.group } });
  }
  const { driver, name = '' } = found?.database ?? {};
  return { paths, databaseFile: driver !== 'sqlite' ? null : name.startsWith('/') ? name : `${platform.root}/${name}` };
}

const readBefore = async (context: ImportContext): Promise<Before> =>
  JSON.parse((await context.machine.read(keptNotes(context))) ?? '{"paths":[],"databaseFile":null}') as Before; // written above

const prepareDirectories: ImportStep = {
  name: 'repair directories',
  run: async (context) => context.report.changed(await putDirectories(context)),
  async undo(context) {
    const { machine } = context;
    for (const { path, mode } of (await readBefore(context)).paths.toReversed()) {
      if (mode === null) await machine.remove(path);
      else await machine.makeDirectory(path, mode);
    }
  },
};

/** A SQLite file may lie anywhere; ours are where no web server looks. */
const moveFile: ImportStep = {
  name: 'move database file',
  async run(context) {
    const { databaseFile } = await readBefore(context);
    if (databaseFile !== null) await moveIfThere(context.machine, databaseFile, context.installed.database.name);
  },
  async undo(context) {
    const { databaseFile } = await readBefore(context);
    if (databaseFile !== null) await moveIfThere(context.machine, context.installed.database.name, databaseFile);
  },
};

async function moveIfThere(machine: Machine, from: string, to: string): Promise<void> {
  if (from !== to && (await machine.stat(from))) await machine.move(from, to);
}

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
  undo: unpublish,
};
