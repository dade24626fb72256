import { z } from 'zod';
import type { FileStat, Machine } from '../../machine/machine.ts';
import type { Json } from '../../model/json.ts';
import type { PackageFound } from '../../model/package.ts';
import type { PackageScan } from '../application.ts';
import { relative, type ScannedFiles, scanFiles } from '../incremental-scan.ts';

/** Directories that Drupal 8 and later never looks into for modules (reference/drupal.md section 2). */
const never8 = 'src lib vendor assets css files images js misc templates includes fixtures Drupal tests'.split(' ');
const never = ['node_modules', 'bower_components', '.git', 'private', 'CVS'];

/**
 * All profiles, modules and themes of a platform, with one find (and one for sites/all) and one reading of what changed.
 * What single sites keep in sites/<site>/modules is theirs and not the platform's.
 */
export async function scanDrupal(machine: Machine, root: string, known: PackageScan | null): Promise<PackageScan> {
  const seven = (await machine.stat(`${root}/core/lib/Drupal.php`)) === null;
  const prune = [...never, ...(seven ? ['files', 'tests'] : never8)];
  const names = seven ? ['*.info', '*.install', '*.module', '*.profile'] : ['*.info.yml', '*.install'];
  const [own, shared, versions] = await Promise.all([
    machine.find(root, { names, prune: [...prune, 'sites'] }),
    machine.find(`${root}/sites/all`, { names, prune }),
    versionFiles(machine, root, seven),
  ]);
  const found = [...own, ...shared].filter(({ kind }) => kind === 'file');
  const read = found.filter(({ path }) => /\.(info|info\.yml|install)$/.test(path));
  const files = await scanFiles(machine, root, [...read, ...versions], known, (path, text) => judge(path, text));
  const paths = new Set(found.map(({ path }) => relative(root, path)));
  return { packages: packagesOf(files, paths, seven), files };
}

/** Files that name versions of others: of core, and of what Composer installed. */
async function versionFiles(machine: Machine, root: string, seven: boolean): Promise<readonly FileStat[]> {
  if (seven) return present(await machine.stat(`${root}/includes/bootstrap.inc`));
  const parent = root.replace(/\/[^/]+$/, '');
  const [core, inside, beside] = await Promise.all([
    machine.stat(`${root}/core/lib/Drupal.php`),
    machine.stat(`${root}/vendor/composer/installed.json`),
    machine.stat(`${parent}/vendor/composer/installed.json`),
  ]);
  return present(core, beside ?? inside);
}

const present = (...stats: readonly (FileStat | null)[]): readonly FileStat[] => stats.filter((stat) => stat !== null);

function judge(path: string, text: string): Json {
  if (path.endsWith('installed.json')) return composerVersions(text);
  if (/(Drupal\.php|bootstrap\.inc)$/.test(path))
    return { version: /(?:const VERSION = |define\('VERSION', )'([^']+)'/.exec(text)?.[1] ?? null };
  const name = nameOf(path);
  if (path.endsWith('.install')) return { schema: newestUpdate(name, text) };
  return path.endsWith('.yml') ? { ...infoYml(name, text) } : { ...info(name, text) };
}

const nameOf = (path: string): string => path.replace(/^.*\//, '').replace(/\.(info\.yml|info|install)$/, '');

/** Versions by machine name, of packages that Composer put there from git, whose info files say none. */
function composerVersions(text: string): Json {
  const list = z.object({ packages: z.array(z.object({ name: z.string(), version: z.string() })) });
  const parsed = list.safeParse(safeJson(text));
  if (!parsed.success) return {};
  return Object.fromEntries(
    parsed.data.packages.flatMap(({ name, version }) =>
      name.startsWith('drupal/') ? [[name.slice('drupal/'.length), version]] : [],
    ),
  );
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // An odd file names no versions; the scan goes on without it.
  }
}

function newestUpdate(name: string, text: string): number | null {
  const escaped = name.replace(/[^\w]/g, '\\$&');
  let newest: number | null = null;
  for (const [, number] of text.matchAll(new RegExp(`^\\s*function\\s+${escaped}_update_(\\d+)\\s*\\(`, 'gm')))
    newest = Math.max(newest ?? 0, Number(number));
  return newest;
}

const infoShape = z.object({
  type: z.string().nullable(),
  title: z.string(),
  version: z.string().nullable(),
  core: z.string().nullable(),
  hidden: z.boolean(),
  project: z.string().nullable(),
});
type Info = z.infer<typeof infoShape>;

function infoYml(name: string, text: string): Info {
  const value = (key: string): string | null => {
    const found = new RegExp(`^${key}:[ \\t]*(?:'([^'\\n]*)'|"([^"\\n]*)"|([^#\\n]*?))[ \\t]*(?:#.*)?\\r?$`, 'm').exec(
      text,
    );
    return (found?.[1] ?? found?.[2] ?? found?.[3]?.trim()) || null;
  };
  return {
    type: value('type'),
    title: value('name') ?? name,
    version: value('version'),
    core: value('core_version_requirement') ?? value('core'),
    hidden: value('hidden') === 'true',
    project: value('project'),
  };
}

function info(name: string, text: string): Info {
  const value = (key: string): string | null =>
    new RegExp(`^\\s*${key}\\s*=\\s*["']?([^"'\\n\\r]*?)["']?\\s*$`, 'mi').exec(text)?.[1] || null;
  return {
    type: null,
    title: value('name') ?? name,
    version: value('version'),
    core: value('core'),
    hidden: /^(true|1|yes|on)$/i.test(value('hidden') ?? ''),
    project: value('project'),
  };
}

const versionShape = z.object({ version: z.string().nullable() });
const schemaShape = z.object({ schema: z.number().nullable() });

interface Scanned {
  readonly files: ScannedFiles;
  /** All that was found, read or not: a module of Drupal 7 is known by its .module file. */
  readonly paths: ReadonlySet<string>;
  readonly seven: boolean;
  readonly coreVersion: string | null;
  readonly composer: Readonly<Record<string, string>>;
}

function packagesOf(files: ScannedFiles, paths: ReadonlySet<string>, seven: boolean): readonly PackageFound[] {
  const core = versionShape.safeParse(files[seven ? 'includes/bootstrap.inc' : 'core/lib/Drupal.php']?.found);
  const installed = z.record(z.string(), z.string()).safeParse(composerFile(files)?.found);
  const scanned: Scanned = {
    files,
    paths,
    seven,
    coreVersion: core.success ? core.data.version : null,
    composer: installed.success ? installed.data : {},
  };
  return Object.keys(files)
    .filter((path) => path.endsWith(seven ? '.info' : '.info.yml'))
    .toSorted()
    .flatMap((path) => packageAt(path, scanned) ?? []);
}

function packageAt(path: string, scanned: Scanned): PackageFound | null {
  const { files, paths, seven } = scanned;
  const stem = path.replace(/\.info(\.yml)?$/, '');
  const parsed = infoShape.safeParse(files[path]?.found);
  const type = parsed.success ? typeOf(parsed.data, stem, paths, seven) : null;
  if (!parsed.success || type === null) return null;
  const { title, core: coreCompatibility, hidden } = parsed.data;
  return {
    type,
    name: nameOf(path),
    title,
    version: versionOf(parsed.data, path, scanned),
    schemaVersion: type === 'theme' || type === 'engine' ? null : schemaOf(files[`${stem}.install`]?.found, seven),
    coreCompatibility,
    path: path.replace(/\/[^/]*$/, ''),
    hidden,
  };
}

/** As its file says, else as Composer says, else it is a part of core. */
function versionOf({ version, project }: Info, path: string, { coreVersion, composer }: Scanned): string | null {
  if (version === 'VERSION') return coreVersion;
  const inCore = path.startsWith('core/') ? coreVersion : null;
  return version ?? composer[nameOf(path)] ?? composer[project ?? ''] ?? inCore;
}

/** 0 (Drupal 7) and 8000 (later) are what Drupal itself notes for a module without updates. */
function schemaOf(found: unknown, seven: boolean): number {
  const schema = schemaShape.safeParse(found);
  return (schema.success ? schema.data.schema : null) ?? (seven ? 0 : 8000);
}

const composerFile = (files: ScannedFiles): ScannedFiles[string] | undefined =>
  files['../vendor/composer/installed.json'] ?? files['vendor/composer/installed.json'];

function typeOf({ type }: Info, stem: string, paths: ReadonlySet<string>, seven: boolean): PackageFound['type'] | null {
  if (!seven) {
    if (type === 'theme_engine') return 'engine';
    return type === 'module' || type === 'theme' || type === 'profile' ? type : null;
  }
  if (paths.has(`${stem}.profile`)) return 'profile';
  if (paths.has(`${stem}.module`)) return 'module';
  return /(^|\/)themes\//.test(stem) ? 'theme' : null;
}
