import { Secret } from '../../model/secret.ts';
import type { Site } from '../../model/site.ts';
import { isAtLeast } from '../../model/version.ts';
import type { InstalledSite, WantedFile } from '../application.ts';
import { phpList, phpString, writtenByAegir } from '../php-text.ts';
import { isSeven } from './detect.ts';
import { webGroup } from './directories.ts';

export function drupalFiles(site: InstalledSite, ownLines: readonly string[]): readonly WantedFile[] {
  const root = `${site.platform.root}/sites/${site.site.directory}`;
  const text = isSeven(site.platform.version) ? settings7(site, ownLines) : settings8(site, ownLines);
  return [
    { path: `${root}/local.settings.php`, text: localText, mode: '0440', group: webGroup, once: true },
    { path: `${root}/settings.php`, text: new Secret(text), mode: '0440', group: webGroup },
  ];
}

const localText = `<?php
// Your own settings. Aegir made this file once and does not touch it again; it is read after settings.php.
`;

const header = `<?php
${writtenByAegir} Changes are lost when the site is verified; your own settings go into local.settings.php.
`;

const footer = `if (is_readable(__DIR__ . '/local.settings.php')) include __DIR__ . '/local.settings.php';
`;

/**
 * The web server hands the credentials over with each request. They are read once, taken away from where phpinfo()
 * and error pages would show them, and kept for settings that are read twice (as the installer does).
 */
const databaseLines = (namespace: boolean): string => `if (!function_exists('aegir_database')) {
  function aegir_database(): array {
    static $database = NULL;
    if ($database !== NULL) return $database;
    $given = function (string $key): string { return (string) ($_SERVER["AEGIR_DB_$key"] ?? ''); };
    $driver = $given('DRIVER');
    if ($driver === '') return [];
    $database = ['driver' => $driver, 'database' => $given('NAME'), 'prefix' => ''];
    if ($driver !== 'sqlite') {
      $database += ['username' => $given('USER'), 'password' => $given('PASSWORD'), 'host' => $given('HOST'), 'port' => $given('PORT')];
      $socket = $given('SOCKET');
      if ($driver === 'mysql') {
        if ($socket !== '') $database['unix_socket'] = $socket;
        $database += ['charset' => 'utf8mb4', 'collation' => 'utf8mb4_general_ci',
          'init_commands' => ['isolation_level' => 'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED']];
      }
      elseif ($socket !== '') $database['host'] = strpos(basename($socket), '.s.PGSQL') === 0 ? dirname($socket) : $socket;
    }
${
  namespace
    ? `    $database['namespace'] = "Drupal\\\\$driver\\\\Driver\\\\Database\\\\$driver";
    $database['autoload'] = "core/modules/$driver/src/Driver/Database/$driver/";
`
    : ''
}    foreach (array_keys($_SERVER) as $key) if (preg_match('/^(REDIRECT_)*AEGIR_DB_/', (string) $key)) unset($_SERVER[$key], $_ENV[$key]);
    return $database;
  }
}
if (aegir_database() !== []) $databases['default']['default'] = aegir_database();
`;

function settings8({ site, platform }: InstalledSite, ownLines: readonly string[]): string {
  const version = platform.version ?? '10.0.0';
  // Before 9.4 the drivers were a part of core's library and not modules.
  const drivers = databaseLines(isAtLeast(version, '9.4'));
  const lines = [
    `$settings['hash_salt'] = ${phpString(site.hashSalt.reveal())};`,
    `$settings['trusted_host_patterns'] = ${phpList(hostPatterns(site))};`,
    `$settings['config_sync_directory'] = __DIR__ . '/private/config/sync';`,
    `$settings['file_public_path'] = ${phpString(`sites/${site.directory}/files`)};`,
    `$settings['file_private_path'] = __DIR__ . '/private/files';`,
    `$settings['file_temp_path'] = __DIR__ . '/private/temp';`,
    `$settings['file_chmod_directory'] = 02775;`,
    `$settings['file_scan_ignore_directories'] = ['node_modules', 'bower_components'];`,
    `$settings['entity_update_batch_size'] = 50;`,
    `$settings['update_free_access'] = FALSE;`,
    `$settings['allow_authorize_operations'] = FALSE;`,
    `$settings['skip_permissions_hardening'] = TRUE;`,
    // Another release of the code gets containers and class maps of its own, and so does another directory, also one that took
    // the place and the name of this: APCu remembers where classes are, for as long as PHP-FPM runs (reference/drupal.md 0).
    `$settings['deployment_identifier'] = ${phpString(`${platform.name}-${version}-${site.directory}-`)} . fileinode(__DIR__);`,
    ...(isAtLeast(version, '10.3') ? [`$settings['state_cache'] = TRUE;`] : []),
    // Its own cron, behind a page that somebody asks for, when ours runs.
    ...(site.cron.everySeconds > 0 ? [`$config['automated_cron.settings']['interval'] = 0;`] : []),
    `if (is_file(__DIR__ . '/services.yml')) $settings['container_yamls'][] = __DIR__ . '/services.yml';`,
    ...ownLines,
  ];
  return `${header}${drivers}${lines.join('\n')}\n${footer}`;
}

function settings7({ site }: InstalledSite, ownLines: readonly string[]): string {
  const files = `sites/${site.directory}`;
  const lines = [
    `$drupal_hash_salt = ${phpString(site.hashSalt.reveal())};`,
    `$update_free_access = FALSE;`,
    `$conf['allow_authorize_operations'] = FALSE;`,
    `$conf['clean_url'] = 1;`,
    `$conf['file_public_path'] = ${phpString(`${files}/files`)};`,
    `$conf['file_private_path'] = ${phpString(`${files}/private/files`)};`,
    `$conf['file_temporary_path'] = ${phpString(`${files}/private/temp`)};`,
    `$conf['file_chmod_directory'] = 02775;`,
    ...(site.cron.everySeconds > 0 ? [`$conf['cron_safe_threshold'] = 0;`] : []),
    `ini_set('session.gc_maxlifetime', 200000);`,
    `ini_set('session.cookie_lifetime', 2000000);`,
    ...ownLines,
  ];
  return `${header}${databaseLines(false)}${lines.join('\n')}\n${footer}`;
}

/** Anchored and escaped, so that no other name fits: Drupal tells hosts apart by these. A wildcard stands for any labels. */
export function hostPatterns({
  name,
  aliases,
  redirection,
}: Pick<Site, 'name' | 'aliases' | 'redirection'>): readonly string[] {
  const names = [name, ...aliases.map((alias) => alias.name), ...(redirection === null ? [] : [redirection])];
  return [...new Set(names)].map((host) =>
    host.startsWith('*.') ? `^[a-z0-9.-]+${escaped(host.slice(1))}$` : `^${escaped(host)}$`,
  );
}

const escaped = (text: string): string => text.replace(/[^A-Za-z0-9-]/g, '\\$&');
