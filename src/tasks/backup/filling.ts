import type { FormerPlace } from '../../applications/application.ts';
import { asUser } from '../../machine/as-user.ts';
import { type Command, command } from '../../machine/command.ts';
import { pipeBetween } from '../../machine/pipe-between.ts';
import type { Manifest, PartName } from '../../model/backup.ts';
import { counted } from '../../model/counted.ts';
import { Problem } from '../../model/problem.ts';
import { behind, longMs } from '../../services/backup/backups.ts';
import type { Programs } from '../../services/db/db.ts';
import { allEnded } from '../all-ended.ts';
import type { BackupContext, SiteContext } from '../context.ts';
import { endOthers } from '../moving/copying.ts';
import { draftOf, type Moving } from '../moving/moving.ts';
import { isPlaced } from '../moving/placing.ts';
import { isSameHost } from '../moving/way.ts';
import { putDirectories, putSettings, siteDirectory } from '../site-directory.ts';
import type { Step } from '../task-type.ts';
import { bring, letGo } from './bringing.ts';
import { writtenParts } from './parts.ts';

/** A site that is made of a backup, in the place that `moving/` gives it. */
export interface Filling extends Moving {
  readonly source: BackupContext & { readonly manifest: Manifest };
}
export type FillingStep = Step<Filling, Record<string, never>>;

/** What can be filled from the backup once more, after it has come to its place. */
export function filling<More extends object>(
  moved: Moving,
  source: Filling['source'],
  more: More = {} as More,
): Filling & More {
  const context: Filling & More = {
    ...moved,
    source,
    seen: seenBefore(source),
    ...more,
    again: () => fillAgain(context),
  };
  return context;
}

/** What is compared with what. */
const seenBefore = ({ manifest }: Filling['source']): Filling['seen'] =>
  manifest.site.front ? { before: manifest.site.front } : {};

async function fillAgain(context: Filling): Promise<void> {
  const place = await placeOf(context);
  await bring(context.source);
  await unpackParts(context, place);
  await loadInto(context, place);
  await letGo(context.source);
  await putDirectories(context);
  await putSettings(context);
  await rewriteFormer.run(context);
}

/** A copy that takes the place of its site does so before it is fitted. */
const placeOf = async (context: Filling): Promise<SiteContext> =>
  (await isPlaced(context)) ? context : draftOf(context);

/** Throws Problem 'wrong-status' for one that was not made. */
export function sourceOf(context: BackupContext): Filling['source'] {
  const { backup } = context;
  if (backup.status === 'enabled' && backup.manifest) return { ...context, manifest: backup.manifest };
  throw new Problem('wrong-status', `backup ${backup.id} is ${backup.status}`, {
    hint: 'Choose one that is enabled: aegir backup list.',
  });
}

export const unpackFiles: FillingStep = {
  name: 'unpack files',
  async run(context) {
    const { source, report } = context;
    const { backups, backup, manifest } = source;
    await bring(source);
    if (!isSameHost(source, context))
      await report.note(`it comes from ${source.server.name} to ${context.server.name} through the worker`);
    await allEnded([backups.prove(backup.name), unpackParts(context, draftOf(context))]);
    await report.note(`unpacked the files of backup ${backup.id}, which was made ${manifest.made.at}`);
  },
  // What was unpacked is in the directory of the copy, which an earlier step takes away.
  undo: ({ source }) => letGo(source),
};

async function unpackParts(context: Filling, place: SiteContext): Promise<void> {
  const { source, machine, site } = context;
  const at = siteDirectory(place);
  const { backup, manifest } = source;
  const has = new Set(manifest.parts.map(({ name }) => name));
  for (const name of writtenParts)
    if (has.has(name)) {
      const unpacker = await asUser(machine, site.runUser, unpack(at, oursIn(context, name), 'only these'));
      await pipeFrom(context, name, [unpacker]);
    }
  if (!has.has('code')) return;
  const unpacker = unpack(at, backup.reason === 'import' ? importedSettings : [], 'with all below');
  await pipeFrom(context, 'code', [unpacker]);
}

/** From where the backup lies to these programs, which run where the site will be; through us where that is another server. */
async function pipeFrom(context: Filling, part: PartName, takes: Programs): Promise<void> {
  const { source, machine } = context;
  const read = source.backups.read(source.backup.name, part);
  if (isSameHost(source, context)) await machine.pipe({ commands: behind(read, ...takes) });
  else await pipeBetween({ from: source.machine, sends: read }, { to: machine, takes });
}

/** Directories that we made already and that are ours: what is in them is unpacked, they stay as they are. */
function oursIn({ application, site, platform }: Filling, part: string): readonly string[] {
  const top = `${siteDirectory({ site, platform })}/`;
  return application
    .directories(site, platform)
    .map(({ path }) => path.slice(top.length))
    .filter((path) => path === part || path.startsWith(`${part}/`));
}

/** At the top of a site's directory these are settings, which are run whenever the site is: those of strangers are not taken. */
const importedSettings = ['./*.php', './*.inc', './*.yml', './*.yaml', './.[!/]*'];

function unpack(directory: string, except: readonly string[], how: 'only these' | 'with all below'): Command {
  const not = ['--anchored', '--no-wildcards-match-slash', ...except.map((one) => `--exclude=${one}`)];
  const options = [
    ...['--preserve-permissions', '--no-same-owner'],
    ...(how === 'only these' ? ['--no-recursion'] : []),
    ...(except.length > 0 ? not : []),
  ];
  return {
    ...command`tar --extract --file=- --directory=${directory} ${options}`,
    timeoutMs: longMs,
  };
}

export const loadDatabase: FillingStep = {
  name: 'load database',
  async run(context) {
    // A worker that was lost may have let go of it already.
    await bring(context.source);
    await loadInto(context, draftOf(context));
    await letGo(context.source);
  },
  undo: 'nothing', // An earlier step takes the copy's database away.
};

async function loadInto(context: Filling, place: SiteContext): Promise<void> {
  const { machine, db, site, seen } = context;
  const target = place.installed.database;
  // What a lost worker had loaded of it, or updated in it, would be in the way, and so would who is still at work there.
  if (!seen.made || seen.copy !== undefined) await endOthers(context, target);
  // Of SQLite the file is the database.
  await db.destroy(target.driver === 'sqlite' ? { ...site.database, name: target.name } : site.database);
  await db.create(site.database);
  await db.loading(target, machine, (load) => pipeFrom(context, 'database', load));
  seen.copy = 'fresh';
}

/** What in database and files speaks of where and who it was when the backup was made. */
export const rewriteFormer: FillingStep = {
  name: 'rewrite paths and names',
  async run({ application, machine, installed, platform, site, source, report, as, updatesFollow }) {
    const { manifest } = source;
    const { root, directory, address, name } = manifest.site;
    const isSamePlace = root === platform.root && directory === site.directory && address === installed.address;
    if (isSamePlace && name === site.name) return report.note('it is where it was, so nothing speaks of another place');
    const done = await application.rewrite(machine, installed, formerPlace(manifest), as, updatesFollow);
    for (const { what, rows } of done) await report.note(`${what}: ${counted(rows, 'row')}`);
  },
  undo: 'nothing', // Only the copy speaks of itself.
};

const formerPlace = ({ site, application }: Manifest): FormerPlace => ({
  root: site.root,
  directory: site.directory,
  address: site.address,
  names: [site.name, ...site.aliases.map(({ name }) => name)],
  version: application.version,
});

/** What the copy has enabled, for when the site is the copy. */
export const readPackagesOfCopy: FillingStep = {
  name: 'read packages',
  async run({ application, machine, installed, report }) {
    if (report.isDryRun) return;
    const { packages, profile } = await application.status(machine, installed);
    await report.record({ copy: { packages, ...(profile !== null && { profile }) } });
  },
  undo: 'nothing', // What was recorded of the copy goes with it.
};
