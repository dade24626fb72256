import type { CopiedTree } from '../../applications/tree.ts';
import { counted } from '../../model/counted.ts';
import type { Json } from '../../model/json.ts';
import type { DatabaseAddress } from '../../model/site.ts';
import { allEnded } from '../all-ended.ts';
import { siteDirectory, writtenDirectories } from '../site-directory.ts';
import { gatherFiles } from '../spread/spread.ts';
import { draftOf, type Moving, type MovingStep } from './moving.ts';
import { formerDirectory, isPlaced } from './placing.ts';
import { makeRoom } from './room.ts';
import { clearWays, wayOf } from './way.ts';

/** While the site is open: so that little is left to copy when it is closed. */
export const copyFiles: MovingStep = {
  name: 'copy files',
  async run(context) {
    const { told } = await wayOf(context);
    if (told !== null) await context.report.note(told);
    const { files, bytes } = await copyAllFiles(context);
    const done =
      context.linksFiles && told === null
        ? `gave ${counted(files, 'file')} another name, copied`
        : `copied ${counted(files, 'file')},`;
    await context.report.note(`${done} ${megabytes(bytes)}`);
    return { files, bytes };
  },
  undo: clearWays, // They are in the directory of the copy, which an earlier step takes away.
};

/** Of a site that is closed: what is copied here is all there is, and nothing is lost. Both at the same time. */
export const copyClosed: MovingStep = {
  name: 'copy database and changed files',
  async run(context) {
    const [database, files] = await allEnded([copyDatabase(context), copyAllFiles(context)]);
    await context.report.note(
      `copied ${counted(files.files, 'changed file')} (${megabytes(files.bytes)}), and removed ${files.removed} that the site has no more`,
    );
    return database;
  },
  async undo(context) {
    await clearWays(context);
    await makeRoom(context);
  },
};

/** Of a site that stays open: files that came while the database was copied, and that it may speak of, are copied too. */
export const copyOpen: MovingStep = {
  name: 'copy files and database',
  async run(context) {
    const { told } = await wayOf(context);
    if (told !== null) await context.report.note(told);
    const [database, first] = await allEnded([copyDatabase(context), copyAllFiles(context)]);
    const more = await copyAllFiles(context);
    await context.report.note(
      `copied ${counted(first.files + more.files, 'file')}, ${megabytes(first.bytes + more.bytes)}`,
    );
    return { ...database, files: first.files, bytes: first.bytes };
  },
  undo: clearWays, // As above.
};

/** Only the database moves. */
export const copyDatabaseClosed: MovingStep = {
  name: 'copy database',
  run: copyDatabase,
  undo: makeRoom,
};

/** On one server by its quickest way; else as a stream from one to the other, which nobody writes down in between. */
export async function copyDatabase(context: Moving): Promise<Record<string, Json>> {
  const { from, db, machine, application, report, services, site, as, seen } = context;
  const { dumpAt, pipe } = await wayOf(context);
  const { source, target } = await databasesOf(context);
  if (!seen.made) await endOthers(context, target);
  const emptied = application.emptied(from.installed, as);
  const begun = performance.now();
  let way = 'dumped and loaded';
  if (from.services.db === services.db) ({ way } = await db.copy(source, target, emptied));
  else {
    // What was loaded of it before would be in the way.
    await db.destroy(site.database);
    await db.create(site.database);
    await from.db.dumping(source, dumpAt, emptied, (dump) => db.loading(target, machine, (load) => pipe([dump], load)));
  }
  seen.copy = 'fresh';
  const seconds = (performance.now() - begun) / 1000;
  await report.note(`copied the database in ${seconds.toFixed(2)} s: ${way}`);
  return { databaseCopiedBy: way };
}

/**
 * A worker that was lost may have left something at work in the copy. Whoever is in its database is ended; where that is a
 * file, there will be another one, and they are in one that is gone.
 */
export async function endOthers({ db, site }: Pick<Moving, 'db' | 'site'>, target: DatabaseAddress): Promise<void> {
  if (target.driver === 'sqlite') return db.destroy(target);
  // It may have died between taking it away and making it anew.
  await db.create(site.database);
  await db.close(target, 0);
  await db.reopen(target);
}

/** A database that is a file is where its directory is by now. */
async function databasesOf(
  context: Moving,
): Promise<{ readonly source: DatabaseAddress; readonly target: DatabaseAddress }> {
  const { from, installed } = context;
  if (!(await isPlaced(context)))
    return { source: from.installed.database, target: draftOf(context).installed.database };
  return { source: from.db.address(from.site.database, formerDirectory(context)), target: installed.database };
}

/**
 * What the site wrote by its own user, who may read all of it; what is ours by us. A database that is a file is copied as
 * a database.
 */
export async function copyAllFiles(context: Moving): Promise<CopiedTree> {
  const { from, report } = context;
  const way = await wayOf(context);
  await report.changed(await gatherFiles(from));
  const placed = await isPlaced(context);
  const tree = {
    from: placed ? formerDirectory(context) : siteDirectory(from),
    to: siteDirectory(placed ? context : draftOf(context)),
  };
  const written = writtenDirectories(from);
  const except = databaseFiles(context);
  const parts = await allEnded([
    way.files(from.site.runUser, { ...tree, only: written, except }),
    way.files(null, { ...tree, only: null, except: [...written, ...except] }),
  ]);
  for (const path of parts.flatMap(({ skipped }) => skipped))
    await report.note(`left out ${path}, which is neither a file nor a directory`, 'warning');
  const [one, other] = parts;
  return {
    files: one.files + other.files,
    bytes: one.bytes + other.bytes,
    removed: one.removed + other.removed,
    skipped: [],
  };
}

function databaseFiles({ from }: Moving): readonly string[] {
  const { driver, name } = from.installed.database;
  const directory = siteDirectory(from);
  if (driver !== 'sqlite' || !name.startsWith(`${directory}/`)) return [];
  return ['', '-wal', '-shm', '-journal'].map((end) => `${name.slice(directory.length + 1)}${end}`);
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
