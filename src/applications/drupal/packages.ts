import type { Machine } from '../../machine/machine.ts';
import type { Json } from '../../model/json.ts';
import type { PackageFound } from '../../model/package.ts';
import type { InstalledSite, PackageScan } from '../application.ts';
import { type Scanned, type Scanner, scanPackages } from '../incremental-scan.ts';
import { isSeven } from './detect.ts';
import {
  composerVersions,
  type Info,
  infoSeven,
  infoYml,
  readInfo,
  readUpdates,
  updatesIn,
  versionsOf,
} from './info.ts';

/** Directories that Drupal 8 and later never looks into for modules (reference/drupal.md section 2); Drupal 7 does. */
const never8 = 'src lib vendor assets css files images js misc templates includes fixtures Drupal tests'.split(' ');
const never = ['node_modules', 'bower_components', '.git', 'CVS'];

const places7 = ['modules', 'themes', 'profiles', 'sites/all/modules', 'sites/all/themes'];
const places8 = ['core/modules', 'core/profiles', 'core/themes', 'modules', 'profiles', 'themes'].concat(
  ['modules', 'profiles', 'themes'].map((name) => `sites/all/${name}`),
);

/** Files that name versions of others: of core, and of what Composer put there from git, best first. */
const composerFiles = ['vendor/composer/installed.json', 'composer.lock'].flatMap((path) => [`../${path}`, path]);
const versionFile = (seven: boolean): string => (seven ? 'includes/bootstrap.inc' : 'core/lib/Drupal.php');

/** All profiles, modules, themes and theme engines of a platform, and core itself. What single sites keep for themselves is not the platform's. */
export async function scanDrupal(machine: Machine, root: string, known: PackageScan | null): Promise<PackageScan> {
  const seven = (await machine.stat(`${root}/core/lib/Drupal.php`)) === null;
  return scanPackages(machine, root, scanner(seven, seven ? places7 : places8, true), known);
}

/** What lies in sites/<directory>. Its owner may put anything there, so no link is followed. */
export async function scanDrupalSite(
  machine: Machine,
  { site, platform }: Pick<InstalledSite, 'site' | 'platform'>,
  known: PackageScan | null,
): Promise<PackageScan> {
  const places = ['modules', 'profiles', 'themes'].map((name) => `sites/${site.directory}/${name}`);
  return scanPackages(machine, platform.root, scanner(isSeven(platform.version), places, false), known);
}

function scanner(seven: boolean, places: readonly string[], isPlatform: boolean): Scanner {
  const find = {
    prune: seven ? never : [...never, ...never8],
    names: seven ? ['*.info', '*.install', '*.module', '*.profile', '*.engine'] : ['*.info.yml', '*.install'],
  };
  return {
    name: `drupal ${seven ? 7 : 8} of ${isPlatform ? 'platform' : places[0]}, 2`,
    places: places.map((path) => ({ path, find })),
    follow: isPlatform,
    files: [versionFile(seven), ...(isPlatform ? composerFiles : [])],
    isRead: (path) => /\.(info|info\.yml|install)$/.test(path),
    judge,
    packages: (scanned) => packagesOf(scanned, seven, isPlatform),
  };
}

function judge(path: string, text: string): Json {
  if (/(^|\/)(installed\.json|composer\.lock)$/.test(path)) return composerVersions(text);
  if (/(^|\/)(Drupal\.php|bootstrap\.inc)$/.test(path))
    return { core: /(?:const VERSION = |define\('VERSION', )'([^']+)'/.exec(text)?.[1] ?? null };
  const name = nameOf(path);
  if (path.endsWith('.install')) return updatesIn(name, text);
  return path.endsWith('.yml') ? { ...infoYml(name, text) } : { ...infoSeven(name, text) };
}

const nameOf = (path: string): string => path.replace(/^.*\//, '').replace(/\.(info\.yml|info|install|engine)$/, '');
const directoryOf = (path: string): string => path.replace(/\/[^/]*$/, '');

/** What is known of the whole, when single packages are made of it. */
interface Whole extends Scanned {
  readonly seven: boolean;
  readonly coreVersion: string | null;
  readonly composer: Readonly<Record<string, string>>;
  /** Directories of the profiles, with their names. */
  readonly profiles: readonly (readonly [directory: string, name: string])[];
}

function packagesOf(scanned: Scanned, seven: boolean, isPlatform: boolean): readonly PackageFound[] {
  const { files } = scanned;
  const composer = composerFiles.find((path) => files[path] !== undefined);
  const { core: coreVersion = null } = versionsOf(files[versionFile(seven)]);
  const bare = { ...scanned, seven, coreVersion, composer: composer ? versionsOf(files[composer]) : {}, profiles: [] };
  const infos = Object.keys(files).filter((path) => path.endsWith(seven ? '.info' : '.info.yml'));
  const found = infos.toSorted().flatMap((path) => packageAt(path, bare) ?? []);
  const profiles = found.flatMap(({ type, path, name }) => (type === 'profile' ? [[path, name] as const] : []));
  const whole: Whole = { ...bare, profiles };
  const core = isPlatform && coreVersion !== null ? [corePackage(coreVersion)] : [];
  return [...core, ...[...found, ...enginesOf(whole)].map((one) => ({ ...one, ...standingOf(one, whole) }))];
}

/** What all packages of Drupal have in common, until more is known. */
const plain = {
  ...{ version: null, schemaVersion: null, lastRemovedUpdate: null, coreCompatibility: null, php: null },
  ...{ dependencies: [], hidden: false, precedence: 0, ofProfile: null },
};

const corePackage = (version: string): PackageFound => ({
  ...plain,
  ...{ type: 'core', name: 'drupal', title: 'Drupal', version, path: '' },
});

/** Drupal 7's have no info file. */
const enginesOf = ({ paths, seven, coreVersion }: Whole): readonly PackageFound[] =>
  [...paths]
    .filter((path) => seven && path.endsWith('.engine'))
    .map((path) => ({
      ...{ ...plain, type: 'engine', name: nameOf(path), title: nameOf(path), path: directoryOf(path) },
      version: path.startsWith('themes/engines/') ? coreVersion : null,
    }));

function packageAt(path: string, whole: Whole): PackageFound | null {
  const { files, seven } = whole;
  const stem = path.replace(/\.info(\.yml)?$/, '');
  const info = readInfo(files[path]);
  const type = info && typeOf(info, stem, whole);
  if (!info || !type) return null;
  const { title, core: coreCompatibility, hidden, php, dependencies } = info;
  const { newest, lastRemoved } = readUpdates(files[`${stem}.install`]);
  // 0 (Drupal 7) and 8000 (later) are what Drupal itself notes for a module without updates.
  const schemaVersion = Math.max(newest ?? 0, lastRemoved ?? 0) || (seven ? 0 : 8000);
  const hasSchema = type === 'module' || type === 'profile';
  return {
    ...{ ...plain, type, name: nameOf(path), title, coreCompatibility, hidden, php, dependencies },
    ...(hasSchema && { schemaVersion, lastRemovedUpdate: lastRemoved }),
    version: versionOf(info, path, whole),
    path: directoryOf(path),
  };
}

function typeOf({ type }: Info, stem: string, { paths, seven }: Whole): PackageFound['type'] | null {
  if (!seven) {
    if (type === 'theme_engine') return 'engine';
    return type === 'module' || type === 'theme' || type === 'profile' ? type : null;
  }
  if (paths.has(`${stem}.profile`)) return 'profile';
  if (paths.has(`${stem}.module`)) return 'module';
  return /(^|\/)themes\//.test(stem) ? 'theme' : null;
}

/** As its file says, else as Composer says of the nearest directory above it, else it is a part of core. */
function versionOf({ version, project }: Info, path: string, { coreVersion, composer }: Whole): string | null {
  if (version === 'VERSION') return coreVersion;
  if (version !== null) return version;
  if (path.startsWith('core/')) return coreVersion;
  const names = [nameOf(path), ...(project === null ? [] : [project]), ...path.split('/').toReversed().slice(1)];
  const known = names.find((name) => Object.hasOwn(composer, name));
  return known === undefined ? null : (composer[known] ?? null);
}

/** Which of several copies is used, and by whom; reference/drupal.md section 2. */
function standingOf(
  { type, path, coreCompatibility }: PackageFound,
  { seven, profiles }: Whole,
): Pick<PackageFound, 'precedence' | 'ofProfile'> {
  const profile = profiles.find(([directory]) => type !== 'profile' && path.startsWith(`${directory}/`));
  const ofProfile = profile?.[1] ?? null;
  // Drupal 7 takes no copy of another core where there is a fitting one.
  if (seven && coreCompatibility !== null && coreCompatibility !== '7.x') return { precedence: -1, ofProfile };
  if (/^sites\/(?!all\/)/.test(path)) return { precedence: 4, ofProfile };
  if (path.startsWith('sites/all/')) return { precedence: seven ? 3 : 2, ofProfile };
  if (ofProfile !== null) return { precedence: 1, ofProfile };
  return { precedence: seven || path.startsWith('core/') ? 0 : 3, ofProfile };
}
