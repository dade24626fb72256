import type { FileStat, Find, Look, Machine } from '../machine/machine.ts';
import type { Json } from '../model/json.ts';
import type { PackageFound } from '../model/package.ts';
import type { PackageScan } from './application.ts';

/** How one application finds packages. Paths are relative to the document root; one beside it begins with '../'. */
export interface Scanner {
  /** Name and edition. What another one kept is not gone on from, so count it up when the same files are judged in another way. */
  readonly name: string;
  /** Where packages lie, and what is looked for there. A place that is not there yet may come. */
  readonly places: readonly { readonly path: string; readonly find: Omit<Find, keyof Look> }[];
  /** Whether links are followed, as the applications do. Not where a stranger could put one. */
  readonly follow: boolean;
  /** Single files that are read besides. */
  readonly files: readonly string[];
  /** Which of what is found is read; the rest only has to be there. */
  isRead(path: string): boolean;
  /** What a file says, by nothing but its path and text; null: nothing. */
  judge(path: string, text: string): Json;
  packages(scanned: Scanned): readonly PackageFound[];
}

/** What was found: what each file says, by path, and the paths of all files, read or not. */
export interface Scanned {
  readonly files: PackageScan['files'];
  readonly paths: ReadonlySet<string>;
}

/** Nothing that says which package it is is longer; what a stranger put there is not read into memory. */
const sizeMaxBytes = 16 * 1024 * 1024;

/**
 * All packages. Answers `known` itself if nothing has changed since: every directory and file that was looked at then is
 * looked at again, and has the times it had. Else all is searched anew, and what has changed is read.
 */
export async function scanPackages(
  machine: Machine,
  root: string,
  scanner: Scanner,
  known: PackageScan | null,
): Promise<PackageScan> {
  const earlier = known?.scanner === scanner.name ? known : null;
  if (earlier && (await isAsItWas(machine, root, scanner, earlier))) return earlier;
  const stats = await search(machine, root, scanner);
  const isFile = ([path, stat]: readonly [string, FileStat | null]): boolean =>
    stat?.kind === 'file' && stat.sizeBytes <= sizeMaxBytes && (scanner.files.includes(path) || scanner.isRead(path));
  const read = new Set([...stats].filter(isFile).map(([path]) => path));
  const isSeen = ([path, stat]: readonly [string, FileStat | null]): boolean => stat?.kind !== 'file' || read.has(path);
  const seen = Object.fromEntries(
    [...stats].filter(isSeen).map(([path, stat]) => [path, stat && stampOf(stat)] as const),
  );
  const files = await readChanged(machine, root, scanner, { read, seen, earlier });
  return { scanner: scanner.name, packages: scanner.packages({ files, paths: new Set(stats.keys()) }), seen, files };
}

/** The stamp of what was changed a moment before it was looked at: whether it has changed since, nobody can know. */
export const unsettled = '?';
/** Equal for a directory or file that has not changed. */
function stampOf({ sizeBytes, modifiedMs, changedMs }: FileStat): string {
  return changedMs === null ? unsettled : [sizeBytes, modifiedMs, changedMs].map((one) => one.toString(36)).join(' ');
}

async function isAsItWas(machine: Machine, root: string, scanner: Scanner, { seen }: PackageScan): Promise<boolean> {
  const stats = await machine.statMany(
    Object.keys(seen).map((path) => absolute(root, path)),
    scanner,
  );
  return Object.entries(seen).every(([path, stamp]) => {
    const stat = stats.get(absolute(root, path));
    return stamp === null ? stat === undefined : stamp !== unsettled && stat !== undefined && stampOf(stat) === stamp;
  });
}

/** By path. Null: a place or single file that is not there. All is looked at before it is read or searched, so no stamp is too new. */
async function search(machine: Machine, root: string, scanner: Scanner): Promise<ReadonlyMap<string, FileStat | null>> {
  const starts = [...scanner.files, ...scanner.places.map(({ path }) => path)];
  const found = await machine.statMany(
    starts.map((path) => absolute(root, path)),
    scanner,
  );
  const stats = new Map<string, FileStat | null>(
    starts.map((path) => [path, found.get(absolute(root, path)) ?? null] as const),
  );
  const { follow } = scanner;
  for (const { path, find } of scanner.places)
    for (const stat of await machine.find(absolute(root, path), { ...find, follow, directories: true }))
      stats.set(stat.path.slice(root.length + 1), stat);
  return stats;
}

interface ToRead {
  readonly read: ReadonlySet<string>;
  readonly seen: PackageScan['seen'];
  readonly earlier: PackageScan | null;
}

async function readChanged(
  machine: Machine,
  root: string,
  scanner: Scanner,
  { read, seen, earlier }: ToRead,
): Promise<PackageScan['files']> {
  const isKnown = (path: string): boolean => seen[path] !== unsettled && earlier?.seen[path] === seen[path];
  const changed = [...read].filter((path) => !isKnown(path));
  const texts = await machine.readMany(changed.map((path) => absolute(root, path)));
  const files: Record<string, Json> = {};
  for (const path of read) {
    const text = texts.get(absolute(root, path));
    const found = isKnown(path) ? earlier?.files[path] : text === undefined ? null : scanner.judge(path, text);
    if (found !== undefined && found !== null) files[path] = found;
  }
  return files;
}

function absolute(root: string, path: string): string {
  return path.startsWith('../') ? `${root.replace(/\/[^/]+$/, '')}/${path.slice(3)}` : `${root}/${path}`;
}
