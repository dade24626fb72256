import { z } from 'zod';
import type { Machine } from '../../machine/machine.ts';
import { type PackageFound, packageKey } from '../../model/package.ts';
import type { PackageScan } from '../application.ts';
import { type Scanned, type Scanner, scanPackages } from '../incremental-scan.ts';

const versionFile = 'wp-includes/version.php';
const prune = ['node_modules', '.git'];

/**
 * Plug-ins and themes as WordPress looks for them: each names itself in a comment at the top of a PHP file in the directory
 * of plug-ins or one below it, or of a style.css up to two below that of themes. Every PHP file in mu-plugins is run, named or not.
 */
const scanner: Scanner = {
  name: 'wordpress, 2',
  places: [
    { path: 'wp-content/plugins', find: { names: ['*.php'], prune, depthMax: 2 } },
    { path: 'wp-content/mu-plugins', find: { names: ['*.php'], depthMax: 1 } },
    { path: 'wp-content/themes', find: { names: ['style.css'], prune, depthMax: 3 } },
  ],
  follow: true,
  files: [versionFile],
  isRead: () => true,
  judge(path, text) {
    if (path === versionFile) return coreIn(text);
    const found = header(path, text.slice(0, 8_192));
    return found.title === null && !path.startsWith('wp-content/mu-plugins/') ? null : { ...found };
  },
  packages,
};

export const scanWordpress = (machine: Machine, root: string, known: PackageScan | null): Promise<PackageScan> =>
  scanPackages(machine, root, scanner, known);

const coreShape = z.object({ version: z.string(), schema: z.number().nullable(), php: z.string().nullable() });

function coreIn(text: string): z.infer<typeof coreShape> | null {
  const version = /\$wp_version\s*=\s*'([^']+)'/.exec(text)?.[1];
  if (version === undefined) return null;
  const schema = /\$wp_db_version\s*=\s*(\d+)/.exec(text)?.[1];
  const php = /\$required_php_version\s*=\s*'([^']+)'/.exec(text)?.[1] ?? null;
  return { version, php, schema: schema === undefined ? null : Number(schema) };
}

const headerShape = z.object({
  title: z.string().nullable(),
  version: z.string().nullable(),
  core: z.string().nullable(),
  php: z.string().nullable(),
  dependencies: z.array(z.string()),
});

function header(path: string, text: string): z.infer<typeof headerShape> {
  const value = (key: string): string | null =>
    new RegExp(`^[ \\t/*#@]*${key}:[ \\t]*(.*?)[ \\t]*(?:\\*/.*)?\\r?$`, 'mi').exec(text)?.[1] || null;
  const isTheme = path.endsWith('/style.css');
  const needed = isTheme ? [value('Template') ?? ''] : (value('Requires Plugins') ?? '').split(',');
  return {
    title: isTheme ? value('Theme Name') : value('Plugin Name'),
    version: value('Version'),
    core: value('Requires at least'),
    php: value('Requires PHP'),
    dependencies: needed.map((name) => name.trim()).filter((name) => name !== ''),
  };
}

function packages({ files }: Scanned): readonly PackageFound[] {
  const found = new Map<string, PackageFound>();
  // In a directory with several plug-ins the one that is named like it counts: that is what a site calls it.
  const isMain = (path: string): boolean => /\/([^/]+)\/(\1\.php|style\.css)$/.test(path);
  const paths = Object.keys(files).toSorted();
  for (const path of [...paths.filter(isMain), ...paths]) {
    const one = packageAt(path, files);
    if (one && !found.has(packageKey(one))) found.set(packageKey(one), one);
  }
  const core = coreOf(files);
  return [...(core ? [core] : []), ...[...found.values()].toSorted((a, b) => (packageKey(a) < packageKey(b) ? -1 : 1))];
}

/** What all packages of WordPress have in common. */
const plain = {
  ...{ schemaVersion: null, lastRemovedUpdate: null, hidden: false, precedence: 0, ofProfile: null },
};

function coreOf(files: Scanned['files']): PackageFound | null {
  const parsed = coreShape.safeParse(files[versionFile]);
  if (!parsed.success) return null;
  const { version, schema, php } = parsed.data;
  return {
    ...{ ...plain, type: 'core', name: 'wordpress', title: 'WordPress', version, schemaVersion: schema },
    ...{ php, coreCompatibility: null, dependencies: [], path: '' },
  };
}

function packageAt(path: string, files: Scanned['files']): PackageFound | null {
  const place = placeOf(path, files);
  const parsed = headerShape.safeParse(files[path]);
  if (place === null || !parsed.success) return null;
  const { title, version, core: least, php, dependencies } = parsed.data;
  return {
    ...{ ...plain, ...place, title: title ?? place.name, version, php, dependencies },
    coreCompatibility: least === null ? null : `>=${least}`,
  };
}

/** Its name as a site notes it. Ours is on every platform, and no package. */
function placeOf(path: string, files: Scanned['files']): Pick<PackageFound, 'type' | 'name' | 'path'> | null {
  const [, kind = '', ...rest] = path.split('/');
  const [first = ''] = rest;
  if (kind === 'mu-plugins')
    return first === 'aegir.php' ? null : { type: 'mu-plugin', name: plainName(first), path: 'wp-content/mu-plugins' };
  if (kind === 'themes') {
    // A directory that is a theme holds no others.
    if (rest.length === 3 && files[`wp-content/themes/${first}/style.css`]) return null;
    const name = rest.slice(0, -1).join('/');
    return name === '' ? null : { type: 'theme', name, path: `wp-content/themes/${name}` };
  }
  if (kind !== 'plugins') return null;
  if (rest.length === 1) return { type: 'plugin', name: plainName(first), path: 'wp-content/plugins' };
  return { type: 'plugin', name: first, path: `wp-content/plugins/${first}` };
}

const plainName = (file: string): string => file.replace(/\.php$/, '');
