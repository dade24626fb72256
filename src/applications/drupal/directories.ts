import type { Platform } from '../../model/platform.ts';
import type { Site } from '../../model/site.ts';
import type { WantedDirectory } from '../application.ts';

/** The web server's group of Debian: what it writes, and what only it and we may read, belongs to this group. */
export const webGroup = 'www-data';

/** Modes of reference/aegir-features.md 2.18. */
export function drupalDirectories(site: Site, platform: Platform): readonly WantedDirectory[] {
  const root = `${platform.root}/sites/${site.directory}`;
  const written = ['files', 'private', 'private/files', 'private/temp', 'private/config', 'private/config/sync'];
  return [
    { path: root, mode: '0755' },
    ...written.map((name): WantedDirectory => ({ path: `${root}/${name}`, mode: '02770', group: webGroup })),
    ...['modules', 'themes', 'libraries'].map((name): WantedDirectory => ({ path: `${root}/${name}`, mode: '02775' })),
  ];
}
