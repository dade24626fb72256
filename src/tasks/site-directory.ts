import type { InstalledSite, WantedFile } from '../applications/application.ts';
import { keepForeign } from '../applications/own-files.ts';
import type { Machine } from '../machine/machine.ts';
import { type Changes, putFile, putManyDirectories } from '../machine/put.ts';
import type { SiteContext } from './context.ts';

export const siteDirectory = ({ platform, site }: Pick<InstalledSite, 'platform' | 'site'>): string =>
  `${platform.root}/sites/${site.directory}`;

/** Where a site's directory waits between being unpublished and being gone; the id keeps two of one name apart. */
export const removedDirectory = ({ platform, site }: Pick<InstalledSite, 'platform' | 'site'>): string =>
  `${platform.root}/sites/.removed-${site.id}-${site.directory}`.slice(0, `${platform.root}/sites/`.length + nameMax);

/** A host name of the greatest length leaves no room for more in a file's name. */
const nameMax = 240;

/** Makes the site's directories with their permissions (seed 003), parents first. */
export const putDirectories = ({ application, machine, site, platform }: SiteContext): Promise<Changes> =>
  putManyDirectories(machine, application.directories(site, platform));

/** Those at the top that the site may write, so that what is in them is its own user's. */
export function writtenDirectories({
  application,
  site,
  platform,
}: Pick<SiteContext, 'application' | 'site' | 'platform'>): readonly string[] {
  const top = siteDirectory({ site, platform });
  return application
    .directories(site, platform)
    .filter(({ path, group }) => group !== undefined && path !== top)
    .map(({ path }) => path.slice(top.length + 1))
    .filter((name) => !name.includes('/'));
}

export async function putSettings({ application, machine, installed, lines }: SiteContext): Promise<Changes> {
  return putAllWanted(machine, application.files(installed, lines.settings));
}

/** One look for all of them. A file that is made `once` is the operator's from then on. */
export async function putAllWanted(machine: Machine, files: readonly WantedFile[]): Promise<Changes> {
  const stats = await machine.statMany(files.map(({ path }) => path));
  const changes: string[] = [];
  for (const file of files) {
    const { path, text, once, foreignTo: _, ...mode } = file;
    const seen = stats.get(path) ?? null;
    if (once && seen !== null) continue;
    const kept = await keepForeign(machine, file);
    changes.push(...kept, ...(await putFile(machine, path, text, mode, kept.length > 0 ? null : seen)));
  }
  return changes;
}

/**
 * Waits until none of our scripts is at work in a site's directory. PHP that runs as the site's user goes on when its worker
 * is killed or gives it up, and keeps this lock until it ends (applications/php/prelude.php). Whoever moves or removes a
 * directory, or drops the database behind it, comes here first.
 */
export const atRest = (machine: Machine, directory: string): Promise<void> =>
  machine.exclusively(directory, async () => {});

/**
 * The site's own user removes what it wrote (uploads); then the rest is ours to remove. Only where it has made directories
 * of its own: an install that failed because PHP is missing must be put back without PHP.
 */
export async function removeDirectory(context: SiteContext, path: string): Promise<void> {
  const { application, machine, installed } = context;
  const top = await machine.stat(path);
  if (top === null) return;
  await atRest(machine, path);
  if (await hasForeignDirectory(context, path, top.owner)) await application.removeWritten(machine, installed, path);
  await machine.remove(path);
}

/** Moved away first: what a lost worker has left at work in it finds nothing there any more. */
export async function discardDirectory(context: SiteContext): Promise<void> {
  const { machine } = context;
  const [path, removed] = [siteDirectory(context), removedDirectory(context)];
  await removeDirectory(context, removed);
  if ((await machine.stat(path)) === null) return;
  await machine.move(path, removed);
  await removeDirectory(context, removed);
}

/** Looked for in the directories that we have made, as others may be closed to us. */
async function hasForeignDirectory(context: SiteContext, path: string, owner: string): Promise<boolean> {
  const { application, machine, site, platform } = context;
  for (const directory of application.directories(site, platform)) {
    const here = `${path}${directory.path.slice(siteDirectory(context).length)}`;
    const found = await machine.find(here, { depthMax: 1 });
    if (found.some((inside) => inside.kind === 'directory' && inside.owner !== owner)) return true;
  }
  return false;
}
