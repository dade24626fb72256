import { type Command, command, query } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import { type Manifest, type ManifestPart, manifestFormat } from '../../model/backup.ts';
import { Problem } from '../../model/problem.ts';
import { type BackupPart, longMs } from '../../services/backup/backups.ts';
import type { Member } from '../../services/backup/tar-listing.ts';
import type { BackupContext } from '../context.ts';

/**
 * An archive of another host: an old Aegir's backup, or a tar of a site's directory with a dump in it. At its top, or in the
 * one directory that is its top, lie one `*.sql`, `settings.php` or `wp-config.php`, and what the site has: `files`, `private`,
 * `modules`, `themes`, `libraries`; of WordPress `wp-content/uploads`.
 */
export interface Foreign {
  readonly application: 'drupal' | 'wordpress';
  /** '' or the directory in it that is its top, with a slash behind it. */
  readonly top: string;
  /** Name of the dump, below the top. */
  readonly dump: string;
  readonly members: readonly Member[];
}

/** From the names in it alone. Throws Problem 'invalid' that says what is missing. */
export function foreignOf(members: readonly Member[]): Foreign {
  const files = members.filter(({ kind }) => kind === 'file').map(({ name }) => name);
  const refuse = (what: string): Problem =>
    new Problem('invalid', `the upload is no backup of ours, and as an archive of another host it ${what}`, {
      hint: "It must be a tar of the site's directory (settings.php or wp-config.php, files …) with one dump of its database, NAME.sql, at its top.",
    });
  const settings = files
    .filter((name) => /^(?:[^/]+\/)?(?:settings|wp-config)\.php$/.test(name))
    .toSorted((one, other) => one.length - other.length)[0];
  if (settings === undefined) throw refuse('has neither settings.php nor wp-config.php');
  const top = settings.slice(0, settings.lastIndexOf('/') + 1);
  const dumps = files.filter((name) => name.startsWith(top) && /^[^/]+\.sql$/.test(name.slice(top.length)));
  const [dump] = dumps;
  if (dump === undefined || dumps.length > 1) throw refuse(`has ${dumps.length} dumps of a database instead of one`);
  return {
    application: settings.endsWith('wp-config.php') ? 'wordpress' : 'drupal',
    ...{ top, dump: dump.slice(top.length), members },
  };
}

/** Into a directory of ours that nobody else can look into. Its members have been checked. */
export async function unpackForeign(machine: Machine, path: string, at: string): Promise<void> {
  await machine.remove(at);
  await machine.makeDirectory(at, { mode: '0700' });
  const how = ['--no-same-owner', '--no-same-permissions'];
  await machine.run({ ...command`tar --extract --file=${path} --directory=${at} ${how}`, timeoutMs: longMs });
}

/** Its parts as a backup of ours has them. Settings of strangers are not among them. */
export async function foreignParts(machine: Machine, at: string, found: Foreign): Promise<readonly BackupPart[]> {
  const { application, top, dump } = found;
  const root = top === '' ? at : `${at}/${top.slice(0, -1)}`;
  const uploads = `${root}/wp-content/uploads`;
  const isMoved = application === 'wordpress' && (await machine.stat(uploads)) !== null;
  if (isMoved && !(await machine.stat(`${root}/files`))) await machine.move(uploads, `${root}/files`);
  const there = async (names: readonly string[]): Promise<readonly string[]> => {
    const stats = await Promise.all(names.map(async (name) => ({ name, stat: await machine.stat(`${root}/${name}`) })));
    return stats.flatMap(({ name, stat }) => (stat?.kind === 'directory' ? [name] : []));
  };
  const sizeOf = (name: string): number =>
    found.members
      .filter((member) => member.name === `${top}${name}` || member.name.startsWith(`${top}${name}/`))
      .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const packed = (name: 'files' | 'private' | 'code', names: readonly string[]): BackupPart => ({
    ...{ name, restoredBytes: names.reduce((sum, one) => sum + sizeOf(one), 0) },
    source: [pack(root, names)],
  });
  const code = application === 'drupal' ? await there(['modules', 'themes', 'libraries']) : [];
  return [
    {
      ...{ name: 'database', restoredBytes: sizeOf(dump) * 2 },
      source: [{ ...query`cat ${`${root}/${dump}`}`, timeoutMs: longMs }],
    },
    ...(await there(['files'])).map((name) => packed('files', [name])),
    ...(await there(['private'])).map((name) => packed('private', [name])),
    ...(code.length > 0 ? [packed('code', code)] : []),
  ];
}

const pack = (directory: string, names: readonly string[]): Command => ({
  ...query`tar --create --file=- --directory=${directory} --format=gnu --sort=name ${names}`,
  timeoutMs: longMs,
});

/** Which kind of server wrote the dump, by its first lines; MySQL where it does not say. */
export async function dumpEngine(machine: Machine, at: string, { top, dump }: Foreign): Promise<string> {
  const { stdout } = await machine.run({ ...query`head --bytes=2000 ${`${at}/${top}${dump}`}`, quiet: true });
  if (/PostgreSQL database dump/.test(stdout)) return 'postgresql';
  return /^PRAGMA foreign_keys/m.test(stdout) ? 'sqlite' : 'mysql';
}

/** What is known of a site whose archive says little of itself. */
export function foreignManifest(
  { backup, server, engine }: BackupContext,
  { application }: Foreign,
  { name, directory, db }: { readonly name: string; readonly directory: string; readonly db: string },
  parts: readonly ManifestPart[],
): Manifest {
  return {
    ...{ format: manifestFormat, key: backup.name },
    site: {
      ...{ name, directory, aliases: [], title: name, profile: '', language: 'en', email: '' },
      ...{ address: `http://${name}`, root: '/nowhere', front: null },
    },
    application: { name: application, version: null },
    packages: null,
    engines: { http: '', db, dbVersion: null, backup: engine },
    made: {
      ...{ at: new Date().toISOString(), ms: 0, server: server.name, by: backup.by, why: 'import', note: backup.note },
    },
    parts: [...parts],
  };
}
