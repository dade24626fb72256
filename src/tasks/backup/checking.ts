import { isDeepStrictEqual } from 'node:util';
import { phpVersion } from '../../applications/php-version.ts';
import { demandRooms, diskOf } from '../../machine/room.ts';
import { type Manifest, readManifest } from '../../model/backup.ts';
import { type ComparedPlatform, type ComparedSite, type Comparison, compare } from '../../model/comparison.ts';
import { counted } from '../../model/counted.ts';
import type { PackageFound } from '../../model/package.ts';
import { Problem } from '../../model/problem.ts';
import { compareVersions } from '../../model/version.ts';
import type { BackupContext } from '../context.ts';
import { demandThere } from '../moving/check.ts';
import type { Filling, FillingStep } from './filling.ts';

/**
 * Whether a backup fits to where it goes, and whether there is room: before anything is written. Nothing is believed but what
 * it says of itself, and that only where a lie leads to no more than a restore that fails.
 */
export async function checkFilling(context: Filling): Promise<void> {
  const { source, platform, machine } = context;
  const { manifest } = source;
  demandKind(context);
  await demandThere(context);
  await demandOurs(source);
  await demandCode(context);
  const disk = await diskOf(machine, `${platform.root}/sites`);
  const database = (await context.db.disk()) ?? disk;
  demandRooms(
    manifest.parts.map(({ name, restoredBytes }) => ({
      disk: name === 'database' ? database : disk,
      bytes: restoredBytes,
    })),
  );
}

/** What lies there is what was put there, and not something else that is whole. */
export async function demandOurs({ backup: { name, manifest }, backups, report }: BackupContext): Promise<void> {
  const text = await backups.manifest(name);
  // The key to the other place is a file, and it writes none.
  if (text === null && backups.second && report.isDryRun)
    return report.note(`it lies at ${backups.second.place(name)} only, where a dry run does not look`);
  if (text === null)
    throw new Problem('not-found', `${backups.place(name)} is gone`, {
      hint: 'Bring it back, or choose another backup and delete this one.',
    });
  if (!isDeepStrictEqual(readManifest(text, backups.place(name)), manifest))
    throw new Problem('conflict', `${backups.place(name)} is not the backup that was made`, {
      hint: 'Somebody has put another in its place: choose another backup, and delete this one.',
    });
}

const invalid = (what: string, hint: string): Problem => new Problem('invalid', what, { hint });

function demandKind({ source, application, platform, services }: Filling): void {
  const { manifest, backup } = source;
  if (manifest.application.name !== application.name)
    throw invalid(
      `backup ${backup.id} is of a site of ${manifest.application.name}, and platform ${platform.name} holds ${application.title}`,
      'Choose a platform of the same application.',
    );
  if (manifest.engines.db !== services.dbEngine)
    throw invalid(
      `the database in backup ${backup.id} is one of ${manifest.engines.db}, and the site's service is ${services.dbEngine}`,
      `Choose a server whose db service is ${manifest.engines.db}.`,
    );
}

/** The rule that guards migrate and clone: nothing that the site uses may be missing, or older than its database. */
async function demandCode(context: Filling): Promise<void> {
  const { manifest, backup } = context.source;
  const { application, platform } = context;
  const { version } = manifest.application;
  if (version !== null && (compareVersions(version, platform.version ?? version) ?? 0) > 0)
    throw invalid(
      `backup ${backup.id} is of ${application.title} ${version}, and platform ${platform.name} is older (${platform.version})`,
      `Use a platform with ${version} or newer: code cannot work on a database that is newer than itself.`,
    );
  const [first, ...more] = (await compareCode(context))?.problems ?? [];
  if (first)
    throw new Problem(first.code, [first, ...more].map(({ message }) => message).join('; '), { hint: first.hint });
}

/** Null: the backup does not say which code it had. */
async function compareCode({
  source,
  application,
  platform,
  machine,
  scan,
  installed,
  db,
}: Filling): Promise<Comparison | null> {
  const { manifest, backup } = source;
  const { packages } = manifest;
  const { version } = manifest.application;
  if (version === null || packages === null || packages.length === 0) return null;
  const site: ComparedSite = {
    ...{ name: `backup ${backup.id}`, profile: manifest.site.profile, packages },
    ...{ application: manifest.application.name, version },
    around: packages.filter(({ isOwn }) => !isOwn).map(found),
    own: packages.filter(({ isOwn }) => isOwn).map(found),
    database: { driver: installed.database.driver, server: await db.version() },
  };
  const code = await application.packages(machine, platform.root, scan);
  const there: ComparedPlatform = {
    ...{ name: platform.name, status: 'enabled', isVerified: true, application: application.name },
    ...{ version: platform.version, packages: code.packages, php: await phpVersion(machine) },
  };
  return compare(site, there, application);
}

type Kept = NonNullable<Manifest['packages']>[number];

/** As much of it as a manifest keeps; what only the code could say is not known. */
const found = ({ type, name, version, schemaVersion }: Kept): PackageFound => ({
  ...{ type, name, title: name, version, schemaVersion, lastRemovedUpdate: null, coreCompatibility: null },
  ...{ php: null, dependencies: [], path: '', hidden: false, precedence: 0, ofProfile: null },
});

/** Code that is newer than the backup's changes its database, which nobody may find out afterwards. */
export const lookForUpdates: FillingStep = {
  name: 'look for pending updates',
  async run(context) {
    const { application, machine, installed, source, report } = context;
    if (report.isDryRun) return;
    const pending = await application.pendingUpdates(machine, installed);
    if (pending.length === 0) return;
    if (await isSameCode(context))
      return report.note(
        `updates of its database are pending (${pending.length}), as they were: its code is the backup's`,
        'warning',
      );
    throw new Problem(
      'conflict',
      `the code is newer than backup ${source.backup.id}: ${counted(pending.length, 'update')} of its database would be pending`,
      { hint: 'Let them be run on it: --update.' },
    );
  },
  undo: 'nothing', // It only looks.
};

async function isSameCode(context: Filling): Promise<boolean> {
  const comparison = await compareCode(context);
  const isSame = context.source.manifest.application.version === context.platform.version;
  return isSame && (comparison?.packages.every(({ result }) => result === 'same') ?? false);
}
