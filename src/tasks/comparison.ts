import { phpVersion } from '../applications/php-version.ts';
import { type Comparison, compare, refusalOf } from '../model/comparison.ts';
import { allEnded } from './all-ended.ts';
import type { SiteContext } from './context.ts';

/** Where the site would be: `load.copy` gives it, or another site's context for a try. */
export type Place = Pick<SiteContext, 'application' | 'machine' | 'platform' | 'scan' | 'db' | 'installed'>;

/**
 * Throws the Problem with all reasons why a site cannot be moved or copied to a place, by what is there at this moment: for the
 * check of a task. The hub asked the same when the task was added (`mustFitByRows` in hub/comparison.ts).
 */
export async function mustFit(from: SiteContext, to: Place): Promise<void> {
  const refused = refusalOf(from.site.name, to.platform.name, await compareNow(from, to));
  if (refused) throw refused;
}

/** Asks the site itself, looks at the code of both platforms and at PHP and the database server of the new place. Changes nothing. */
export async function compareNow(from: SiteContext, to: Place): Promise<Comparison> {
  const [{ packages }, own, around, there, php, server] = await allEnded([
    from.application.status(from.machine, from.installed),
    from.application.ownPackages(from.machine, from.installed, from.ownScan),
    from.application.packages(from.machine, from.platform.root, from.scan),
    to.application.packages(to.machine, to.platform.root, to.scan),
    phpVersion(to.machine),
    to.db.version(),
  ]);
  const versionIn = (scan: typeof there): string | null =>
    scan.packages.find(({ type }) => type === 'core')?.version ?? null;
  const site = {
    ...{ name: from.site.name, profile: from.site.profile, application: from.application.name, packages },
    ...{ version: versionIn(around), around: around.packages, own: own.packages },
    database: { driver: to.installed.database.driver, server },
  };
  const platform = {
    ...{ name: to.platform.name, status: to.platform.status, isVerified: to.scan !== null, php },
    ...{ application: to.application.name, version: versionIn(there), packages: there.packages },
  };
  return compare(site, platform, to.application);
}
