import { measureTree } from '../../applications/tree.ts';
import { asUser } from '../../machine/as-user.ts';
import { type Command, query } from '../../machine/command.ts';
import { Secret } from '../../model/secret.ts';
import { type BackupPart, longMs } from '../../services/backup/backups.ts';
import type { SiteContext } from '../context.ts';
import { siteDirectory } from '../site-directory.ts';

/** What the site writes: directories below its own, which its own user packs and unpacks. */
export const writtenParts = ['files', 'private'] as const;

/** How much there is of each part, in bytes, before anything is read. */
export type SiteSize = Readonly<Record<'database' | (typeof writtenParts)[number] | 'code', number>>;

export async function measureSite(context: SiteContext): Promise<SiteSize> {
  const { machine, site, db, installed } = context;
  const { bytes, apart } = await measureTree(machine, site.runUser, siteDirectory(context), writtenParts);
  const database = await db.sizeBytes(installed.database);
  const [files = 0, hidden = 0] = apart;
  return { database, files, private: hidden, code: Math.max(0, bytes - files - hidden) };
}

/** A dump has no indexes and is packed, so half of what the database takes is more than it will be. */
export const roomFor = ({ database, files, private: hidden, code }: SiteSize): number =>
  Math.ceil(database / 2) + files + hidden + code;

/** The parts of a site, with the programs that write them; `dump` is that of its database. */
export async function siteParts(context: SiteContext, dump: Command, size: SiteSize): Promise<readonly BackupPart[]> {
  const { machine, site } = context;
  const byTheSite = (name: string): Promise<Command> =>
    asUser(machine, site.runUser, pack(context, exceptDatabase(context), name));
  const parts: BackupPart[] = [{ name: 'database', restoredBytes: size.database, source: [dump] }];
  for (const name of writtenParts) parts.push({ name, restoredBytes: size[name], source: [await byTheSite(name)] });
  return [
    ...parts,
    { name: 'code', restoredBytes: size.code, source: [pack(context, codeExcept(context), '.')] },
    { name: 'settings', restoredBytes: 0, source: [settings(context)] },
  ];
}

/** Sorted and without times that change by looking, so that what is unchanged is packed to the same bytes. */
function pack(context: SiteContext, except: readonly string[], what: string): Command {
  const excluded = except.map((path) => `--exclude=${path}`);
  const how = ['--format=gnu', '--sort=name', '--anchored', ...excluded];
  return {
    ...query`tar --create --file=- --directory=${siteDirectory(context)} ${how} ${what}`,
    timeoutMs: longMs,
    // 1: a file was changed or removed while it was read, which on an open site is no failure.
    allow: [0, 1],
  };
}

/** A database that is a file is dumped as a database. */
function exceptDatabase(context: SiteContext): readonly string[] {
  const { driver, name } = context.installed.database;
  const top = `${siteDirectory(context)}/`;
  if (driver !== 'sqlite' || !name.startsWith(top)) return [];
  return ['', '-wal', '-shm', '-journal'].map((end) => `${name.slice(top.length)}${end}`);
}

/** Settings that we write, with the secrets in them; and what an import or old Aegir left, which has passwords. */
function codeExcept(context: SiteContext): readonly string[] {
  const { application, installed } = context;
  const generated = application
    .files(installed, [])
    .filter(({ once }) => !once)
    .map(({ path }) => path.slice(siteDirectory(context).length + 1));
  const left = [...generated.map((name) => `${name}.before-import`), '.before-import.json', 'drushrc.php'];
  return [...writtenParts, ...generated, ...left].map((name) => `./${name}`);
}

/** What the hub knows of the site and what its settings say, for a person: a restore writes its own. */
function settings({ site, application, installed, lines }: SiteContext): Command {
  const hidden = new Secret('not-in-the-backup');
  const { database: _, hashSalt: __, cronKey: ___, certificate: ____, pem: _____, data, ...open } = site;
  const without = { ...site, hashSalt: hidden, cronKey: hidden, database: { ...site.database, password: hidden } };
  const files = application
    .files({ ...installed, site: without, database: { ...installed.database, password: hidden } }, lines.settings)
    .filter(({ once }) => !once)
    .map(({ path, text }) => ({ path, text: text instanceof Secret ? text.reveal() : text }));
  return { ...query`cat`, stdin: `${JSON.stringify({ site: { ...open, data }, files }, null, 2)}\n` };
}
