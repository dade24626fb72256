import type { Platform } from '../../model/platform.ts';
import type { Site } from '../../model/site.ts';
import type { Routing } from '../../services/http/http.ts';
import { isSeven } from './detect.ts';

/**
 * What a browser opens. update.php and authorize.php are answered by the engines to those who have a session only
 * (S-3.4 row 21); no installer, and nothing that rebuilds.
 */
const scripts7 = [
  '/index.php',
  '/cron.php',
  '/xmlrpc.php',
  '/update.php',
  '/authorize.php',
  '/modules/statistics/statistics.php',
];
const scripts8 = ['/index.php', '/update.php', '/core/authorize.php', '/core/modules/statistics/statistics.php'];

/** Source code, editors' copies and dot files (row 10); text files of packages (11); what modules keep below files/ (12, 14, 15); private files (16). */
export const deniedEverywhere = [
  '(^|/)\\.(?!well-known(/|$))',
  '(^|/)CVS(/|$)',
  '(^|/)(composer\\.(json|lock|phar)|package(-lock)?\\.json|yarn\\.lock|web\\.config)$',
  '(^|/)#[^/]*#$',
  '~$',
  '\\.(git.*|htaccess|engine|config|inc|ini|info|install|make|module|profile|test|pl|po|sh|sql|theme|twig|tpl(\\.php)?|xtmpl|yml|lock|sqlite|phar)(~|\\.sw[op]|\\.bak|\\.orig|\\.save|\\.gz|-wal|-shm|-journal)?$',
  '\\.(php|phtml|tpl)[^/]*(~|\\.sw[op]|\\.bak|\\.orig|\\.save|\\.txt)$',
  '^/(.+/)?(modules|themes|libraries|profiles|core|vendor|plugins)/(.*/)?[^/]*\\.(txt|md)$',
  '^/[A-Z0-9_]+\\.(txt|md)$',
  '^/vendor(/|$)',
  '^/sites/[^/]+/(private|database|config|local\\.[^/]*)(/|$)',
  '^/sites/[^/]+/files/(private|backup_migrate|config_[^/]*)(/|$)',
  '^/sites/[^/]+/files/civicrm/(ConfigAndLog|custom|upload|templates_c)(/|$)',
  '^/sites/\\.',
] as const;

export const drupalRouting = (site: Site, platform: Platform): Routing => ({
  frontController: '/index.php',
  scripts: isSeven(platform.version) ? scripts7 : scripts8,
  denied: deniedEverywhere,
  files: `sites/${site.directory}/files`,
  shortFiles: true,
});
