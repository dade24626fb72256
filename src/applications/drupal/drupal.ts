import type { Application } from '../application.ts';
import { phpFile } from '../scripts.ts';
import { sitesBySettings } from '../site-tool.ts';
import { detectDrupal } from './detect.ts';
import { drupalDirectories, webGroup } from './directories.ts';
import { drupalEmptied } from './emptied.ts';
import { drupalInstall } from './install.ts';
import { scanDrupal, scanDrupalSite } from './packages.ts';
import { drupalRouting } from './routing.ts';
import { drupalRules } from './rules.ts';
import { drupalFiles } from './settings.ts';
import { drupalRefusesVariable } from './variables.ts';
import { drupalVerbs } from './verbs.ts';

/** Drupal 7 and 8 to 11. What it knows of Drupal is in reference/drupal.md; all of it works without Drush (docs/decisions/0014-drush.md). */
export const drupal: Application = {
  ...drupalVerbs,
  ...drupalRules,
  name: 'drupal',
  title: 'Drupal',
  detect: detectDrupal,
  packages: scanDrupal,
  ownPackages: scanDrupalSite,
  platformFiles: ({ root }) => [
    {
      path: `${root}/sites/sites.php`,
      text: phpFile('drupal-sites'),
      mode: '0644',
      foreignTo: `${root}/sites/sites.local.php`,
    },
  ],
  sitesFound: (machine, { root }, except) => sitesBySettings(machine, root, 'settings.php', webGroup, except),
  profiles: ({ packages }) => [
    ...new Set(packages.filter(({ type, hidden }) => type === 'profile' && !hidden).map(({ name }) => name)),
  ],
  routing: drupalRouting,
  directories: drupalDirectories,
  files: drupalFiles,
  install: drupalInstall,
  emptied: drupalEmptied,
  refusesVariable: drupalRefusesVariable,
  // '/user/reset/<account>/…', and everybody may edit themselves.
  insidePath: (link) => `/user/${/\/user\/reset\/(\d+)\//.exec(link)?.[1] ?? '1'}/edit`,
};
