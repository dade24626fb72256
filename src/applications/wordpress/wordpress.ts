import type { Application, WantedDirectory } from '../application.ts';
import { sitesBySettings } from '../site-tool.ts';
import { detectWordpress } from './detect.ts';
import { wordpressEmptied } from './emptied.ts';
import { wordpressFiles, wordpressPlatformFiles } from './files.ts';
import { scanWordpress } from './packages.ts';
import { wordpressRouting } from './routing.ts';
import { wordpressRules } from './rules.ts';
import { wordpressUpdates } from './updates.ts';
import { wordpressRefusesVariable } from './variables.ts';
import { wordpressVerbs } from './verbs.ts';

const webGroup = 'www-data';

/** WordPress, many sites on one copy of its code: each has its own settings, uploads and database; plug-ins and themes are the platform's. */
export const wordpress: Application = {
  ...wordpressVerbs,
  ...wordpressRules,
  name: 'wordpress',
  title: 'WordPress',
  detect: detectWordpress,
  packages: scanWordpress,
  // Plug-ins and themes lie in wp-content, which is the platform's; a site's directory has none.
  ownPackages: async (_, __, known) => known ?? { packages: [], scanner: 'none', seen: {}, files: {} },
  platformFiles: wordpressPlatformFiles,
  sitesFound: (machine, { root }, except) => sitesBySettings(machine, root, 'wp-config.php', webGroup, except),
  profiles: () => [],
  routing: wordpressRouting,
  directories({ directory }, { root }) {
    const at = `${root}/sites/${directory}`;
    return [
      { path: at, mode: '0755' },
      ...['files', 'private', 'private/temp'].map(
        (name): WantedDirectory => ({ path: `${at}/${name}`, mode: '02770', group: webGroup }),
      ),
    ];
  },
  files: wordpressFiles,
  runUpdates: wordpressUpdates,
  emptied: wordpressEmptied,
  refusesVariable: wordpressRefusesVariable,
  insidePath: () => '/wp-admin/profile.php',
};
