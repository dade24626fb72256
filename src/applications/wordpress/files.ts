import { createHmac } from 'node:crypto';
import type { Platform } from '../../model/platform.ts';
import { Secret } from '../../model/secret.ts';
import type { InstalledSite, WantedFile } from '../application.ts';
import { phpString, writtenByAegir } from '../php-text.ts';
import { phpFile } from '../scripts.ts';

const group = 'www-data';

export const wordpressPlatformFiles = ({ root }: Platform): readonly WantedFile[] => [
  {
    path: `${root}/wp-config.php`,
    text: phpFile('wordpress-wp-config'),
    mode: '0644',
    // Never read again: its constants would be another site's. It is kept for who needs to look something up.
    foreignTo: `${root}/wp-config.before-aegir.php`,
  },
  { path: `${root}/wp-content/mu-plugins/aegir.php`, text: phpFile('wordpress-mu-plugin'), mode: '0644' },
];

const keys = [
  'AUTH_KEY',
  'SECURE_AUTH_KEY',
  'LOGGED_IN_KEY',
  'NONCE_KEY',
  'AUTH_SALT',
  'SECURE_AUTH_SALT',
  'LOGGED_IN_SALT',
  'NONCE_SALT',
];

export function wordpressFiles(
  { site, platform, address }: InstalledSite,
  ownLines: readonly string[],
): readonly WantedFile[] {
  const root = `${platform.root}/sites/${site.directory}`;
  // Of the site's one salt, so that verify writes the same ones and nobody is logged out.
  const salt = (key: string): string => createHmac('sha256', site.hashSalt.reveal()).update(key).digest('hex');
  const constants: readonly (readonly [string, string])[] = [
    ['WP_HOME', phpString(address)],
    ['WP_SITEURL', phpString(address)],
    ['UPLOADS', phpString(`sites/${site.directory}/files`)],
    ...keys.map((key) => [key, phpString(salt(key))] as const),
    // Code is the platform's and the same for all its sites, so no site may change it.
    ['DISALLOW_FILE_EDIT', 'true'],
    ['DISALLOW_FILE_MODS', 'true'],
    ['AUTOMATIC_UPDATER_DISABLED', 'true'],
    // Else each visitor's page would look whether cron is due.
    ...(site.cron.everySeconds > 0 ? [['DISABLE_WP_CRON', 'true'] as const] : []),
    ['DB_CHARSET', phpString('utf8mb4')],
    ['DB_COLLATE', phpString('')],
    ['WP_TEMP_DIR', `__DIR__ . '/private/temp'`],
  ];
  const text = [
    '<?php',
    `${writtenByAegir} Changes are lost when the site is verified; your own lines go into local.wp-config.php.`,
    `if (is_readable(__DIR__ . '/local.wp-config.php')) include __DIR__ . '/local.wp-config.php';`,
    // The operator's file comes first, as a constant cannot be changed once it is there.
    ...constants.map(([name, value]) => `if (!defined('${name}')) define('${name}', ${value});`),
    ...ownLines,
    '',
  ].join('\n');
  return [
    { path: `${root}/local.wp-config.php`, text: localText, mode: '0440', group, once: true },
    { path: `${root}/wp-config.php`, text: new Secret(text), mode: '0440', group },
  ];
}

const localText = `<?php
// Your own settings. Aegir made this file once and does not touch it again; it is read before wp-config.php.
`;
