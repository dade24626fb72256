import { type Manifest, type ManifestPart, manifestFormat } from '../../model/backup.ts';
import { packageKey, packagesInUse } from '../../model/package.ts';
import { Problem, problemJson } from '../../model/problem.ts';
import type { Stored } from '../../services/backup/backups.ts';
import { allEnded } from '../all-ended.ts';
import type { BackupContext, Report, SiteContext } from '../context.ts';
import { frontPage } from '../moving/asking.ts';
import { siteDirectory } from '../site-directory.ts';
import { gatherFiles } from '../spread/spread.ts';
import type { Step } from '../task-type.ts';
import { measureSite, roomFor, type SiteSize, siteParts } from './parts.ts';

/** A site, and the backup that a task makes of it. */
export type Backing = SiteContext & {
  readonly made: BackupContext;
  /** How much there is and what the site says of itself, once somebody has looked: a site that is closed says nothing. */
  readonly seen: { size?: SiteSize; known?: Known };
};

/**
 * Before the first byte is written. Throws Problem 'disk-full', or 'not-found' where a part of the site is gone: `instead` says
 * what to do then. A site that is `closedFirst` is asked for what it says of itself now.
 */
export async function checkBackup(
  context: Backing,
  { instead, closedFirst = false }: { readonly instead: string; readonly closedFirst?: boolean },
): Promise<void> {
  const { seen, made } = context;
  await demandPresent(context, instead);
  const asked = closedFirst ? knownOf(context) : null;
  const [size, known] = await allEnded([measureSite(context), asked]);
  seen.size = size;
  if (known) seen.known = known;
  await made.backups.demandRoom(roomFor(size));
}

async function demandPresent(context: Backing, hint: string): Promise<void> {
  const { machine, site, db, installed } = context;
  const isFile = installed.database.driver === 'sqlite';
  const what = !(await machine.stat(siteDirectory(context)))
    ? 'directory'
    : !isFile && !(await db.exists(site.database))
      ? 'database'
      : null;
  if (what === null) return;
  throw new Problem('not-found', `the ${what} of ${site.name} is gone, so the site cannot be backed up`, { hint });
}

export const makeBackup: Step<Backing, { backup: string }> = {
  name: 'make backup',
  async run(context) {
    const { db, installed, machine, report, made, application } = context;
    const { backup, backups } = made;
    const begun = new Date();
    const gathered = await gatherFiles(context);
    await report.changed(gathered);
    const measured = gathered.length === 0 ? context.seen.size : undefined;
    const size = measured ?? (await measureSite(context));
    const emptied = application.emptied(installed, 'same site');
    const known = context.seen.known ?? knownOf(context);
    const storing = db.dumping(installed.database, machine, emptied, async (dump) =>
      backups.put(backup.name, await siteParts(context, dump, size), async (parts) =>
        manifestOf(context, begun, await known, parts),
      ),
    );
    const [stored] = await allEnded([storing, known]);
    await report.record({ backup: { id: backup.id, made: stored } });
    await report.changed([`made backup ${backup.id}: ${backups.place(backup.name)}`]);
    await tellElsewhere(report, stored);
    return { backup: backup.id };
  },
  async undo({ made: { backup, backups }, report }) {
    await backups.remove(backup.name);
    await report.record({ backup: { id: backup.id, status: 'failed' } });
  },
};

/** Where its second copy lies, or why there is none: then what is here is all. */
export async function tellElsewhere(report: Report, { elsewhere }: Pick<Stored, 'elsewhere'>): Promise<void> {
  if (!elsewhere) return;
  const { server, place, problem } = elsewhere;
  if (problem === null) await report.changed([`kept a copy on ${server}: ${place}`]);
  else await report.note(`there is no copy on ${server}, only the one here: ${problem}`, 'warning');
}

interface Known
  extends Pick<Manifest, 'packages'>,
    Pick<Manifest['site'], 'front'>,
    Pick<Manifest['engines'], 'dbVersion'> {}

function manifestOf(
  { site, platform, installed, application, made, server, services }: Backing,
  begun: Date,
  { packages, front, dbVersion }: Known,
  parts: readonly ManifestPart[],
): Manifest {
  const { name, aliases, title, profile, language, email, directory } = site;
  const { backup } = made;
  return {
    format: manifestFormat,
    key: backup.name,
    site: {
      ...{ name, title, profile, language, email, directory, root: platform.root, address: installed.address },
      aliases: aliases.map((alias) => ({ ...alias })),
      front,
    },
    application: { name: application.name, version: platform.version },
    packages,
    engines: { http: services.httpEngine, db: services.dbEngine, dbVersion, backup: made.engine },
    made: {
      ...{ at: begun.toISOString(), ms: Date.now() - begun.getTime(), server: server.name },
      ...{ by: backup.by, why: backup.reason, note: backup.note },
    },
    parts: [...parts],
  };
}

async function knownOf(context: Backing): Promise<Known> {
  const [packages, front, dbVersion] = await allEnded([packagesOf(context), frontOf(context), dbVersionOf(context)]);
  return { packages, front, dbVersion };
}

/** What its visitors get, so that what is made of the backup can be compared. A site that does not answer can be backed up. */
async function frontOf(context: Backing): Promise<Manifest['site']['front']> {
  const door = context.site.status === 'enabled' ? context.http.door(context.site) : null;
  if (!door || context.report.isDryRun) return null;
  try {
    const { status, title } = await frontPage(context, door);
    return { status, title };
  } catch (error) {
    return notAsked(context, error, 'how its front page answers');
  }
}

/** The backup is made all the same; a fault of ours is one. */
async function notAsked({ report }: Backing, error: unknown, what: string): Promise<null> {
  const { code, message } = problemJson(error);
  if (code === 'bug') throw error;
  await report.note(`the backup does not say ${what}: ${message}`, 'warning');
  return null;
}

/** Those of the site as it says, with the versions that its platform has. A site that cannot say it can be backed up all the same. */
async function packagesOf(context: Backing): Promise<Manifest['packages']> {
  const { application, machine, installed, scan, ownScan, site, report } = context;
  if (report.isDryRun) return null;
  try {
    const { packages } = await application.status(machine, installed);
    const own = await application.ownPackages(machine, installed, ownScan);
    const used = packagesInUse([...(scan?.packages ?? []), ...own.packages], site.profile);
    const isOwn = new Set(own.packages);
    return packages.map((one) => {
      const found = used.get(packageKey(one));
      return { ...one, version: found?.version ?? null, isOwn: found !== undefined && isOwn.has(found) };
    });
  } catch (error) {
    return notAsked(context, error, 'which packages the site has');
  }
}

async function dbVersionOf(context: Backing): Promise<string | null> {
  try {
    return await context.db.version();
  } catch (error) {
    return notAsked(context, error, 'which version its database server has');
  }
}
