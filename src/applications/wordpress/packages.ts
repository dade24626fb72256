import { z } from 'zod';
import type { Machine } from '../../machine/machine.ts';
import type { PackageFound } from '../../model/package.ts';
import type { PackageScan } from '../application.ts';
import { type ScannedFiles, scanFiles } from '../incremental-scan.ts';

const prune = ['node_modules', 'vendor', 'uploads', 'languages', 'upgrade', 'cache', '.git'];

/** Plug-ins and themes: each names itself in a comment at the top of a PHP file (plug-in) or of style.css (theme). */
export async function scanWordpress(machine: Machine, root: string, known: PackageScan | null): Promise<PackageScan> {
  const found = await machine.find(`${root}/wp-content`, { names: ['*.php', 'style.css'], prune, depthMax: 3 });
  const named = found.filter(
    ({ kind, path }) =>
      kind === 'file' && (/\/plugins\/([^/]+\/)?[^/]+\.php$/.test(path) || /\/themes\/[^/]+\/style\.css$/.test(path)),
  );
  const files = await scanFiles(machine, root, named, known, (_, text) => ({ ...header(text.slice(0, 8_192)) }));
  return { packages: packagesOf(files), files };
}

const headerShape = z.object({
  title: z.string().nullable(),
  version: z.string().nullable(),
  core: z.string().nullable(),
});

function header(text: string): z.infer<typeof headerShape> {
  const value = (key: string): string | null =>
    new RegExp(`^[ \\t/*#@]*${key}:[ \\t]*(.*?)[ \\t]*(?:\\*/.*)?\\r?$`, 'mi').exec(text)?.[1] || null;
  return {
    title: value('Plugin Name') ?? value('Theme Name'),
    version: value('Version'),
    core: value('Requires at least'),
  };
}

function packagesOf(files: ScannedFiles): readonly PackageFound[] {
  return Object.keys(files)
    .toSorted()
    .flatMap((path) => {
      const parsed = headerShape.safeParse(files[path]?.found);
      if (!parsed.success || parsed.data.title === null) return [];
      const [, , kind = '', ...rest] = ['', ...path.split('/')];
      const single = rest.length === 1;
      const name = single ? (rest[0] ?? '').replace(/\.php$/, '') : (rest[0] ?? '');
      return {
        type: kind === 'themes' ? 'theme' : 'plugin',
        name,
        title: parsed.data.title,
        version: parsed.data.version,
        schemaVersion: null,
        coreCompatibility: parsed.data.core === null ? null : `>=${parsed.data.core}`,
        path: single ? `wp-content/${kind}` : `wp-content/${kind}/${name}`,
        hidden: false,
      };
    });
}
