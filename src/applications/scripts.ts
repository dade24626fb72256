import { readFileSync } from 'node:fs';
import { phpScript } from '../machine/php-script.ts';

/** Parts of which each script is put together, in order; the file names in `php/`. */
const parts = {
  'drupal is installed': ['database', 'drupal-settings', 'drupal-is-installed'],
  'drupal install': ['database', 'drupal-settings', 'drupal-install'],
  'drupal status': ['database', 'drupal-settings', 'drupal-status'],
  'drupal counts': ['database', 'drupal-settings', 'drupal-counts'],
  'drupal login link': ['database', 'drupal-settings', 'drupal-login-link'],
  'drupal cron': ['database', 'drupal-settings', 'drupal-start', 'drupal-cron'],
  'drupal cron by web': ['database', 'drupal-settings', 'ask', 'cron-by-web', 'drupal-cron-by-web'],
  'drupal maintenance': ['database', 'drupal-settings', 'drupal-start', 'drupal-maintenance'],
  'drupal hand over': ['database', 'drupal-settings', 'drupal-start', 'drupal-hand-over'],
  'drupal caches': ['database', 'drupal-settings', 'drupal-start', 'drupal-caches'],
  'drupal updates': ['database', 'drupal-settings', 'drupal-start', 'drupal-updates'],
  'drupal rewrite': [
    'database',
    'drupal-settings',
    'rewrite-text',
    'rewrite-tables',
    'rewrite-place',
    'drupal-rewrite',
  ],
  'drupal problems': ['database', 'drupal-settings', 'drupal-problems'],
  'drupal config': ['database', 'drupal-settings', 'drupal-config'],
  'wordpress is installed': ['database', 'wordpress-database', 'wordpress-is-installed'],
  'wordpress install': ['database', 'wordpress-start', 'wordpress-install'],
  'wordpress status': ['database', 'wordpress-database', 'wordpress-status'],
  'wordpress counts': ['database', 'wordpress-database', 'wordpress-counts'],
  'wordpress login link': ['wordpress-start', 'wordpress-login', 'wordpress-login-link'],
  'wordpress cron': ['wordpress-start', 'wordpress-cron'],
  'wordpress cron by web': ['ask', 'cron-by-web', 'wordpress-cron-by-web'],
  'wordpress maintenance': ['wordpress-start', 'wordpress-maintenance'],
  'wordpress hand over': ['wordpress-start', 'wordpress-login', 'wordpress-hand-over'],
  'wordpress caches': ['wordpress-start', 'wordpress-caches'],
  'wordpress updates': ['wordpress-start', 'wordpress-updates'],
  'wordpress plugins': ['wordpress-start', 'wordpress-plugins'],
  'wordpress rewrite': [
    ...['database', 'wordpress-database', 'rewrite-text', 'rewrite-tables', 'rewrite-place', 'wordpress-rewrite'],
  ],
  'wordpress problems': ['wordpress-problems'],
  'wordpress config': ['database', 'wordpress-database', 'wordpress-config'],
  'sites found': ['database', 'drupal-settings', 'sites-found'],
  probe: ['ask', 'probe'],
  remove: ['remove'],
  'copy tree': ['tree-files', 'copy-tree'],
  'measure tree': ['measure-tree'],
  'place tree': ['tree-files', 'place-tree'],
  'list tree': ['listed-tree', 'list-tree'],
  'digest tree': ['listed-tree', 'digest-tree'],
  'fit tree': ['tree-files', 'fit-tree'],
} as const;

export type Script = keyof typeof parts;

/** The text of one of our own PHP files, as it is. */
export const phpFile = (name: string): string => readFileSync(new URL(`php/${name}.php`, import.meta.url), 'utf8');

const texts = new Map<Script, string>();

/** A whole script for PHP's standard input. */
export function scriptText(script: Script, input: object): string {
  let text = texts.get(script);
  if (text === undefined) {
    text = ['prelude', ...parts[script]].map((name) => phpFile(name).replace(/^<\?php\n/, '')).join('\n');
    texts.set(script, text);
  }
  return phpScript(script, input, text);
}
