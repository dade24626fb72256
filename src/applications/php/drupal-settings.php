<?php
/** A Drupal site as its settings and its database show it, without starting Drupal. */

function drupal_is_7(array $site): bool {
  return is_file("{$site['root']}/includes/bootstrap.inc");
}

function drupal_core_version(array $site): string {
  [$file, $pattern] = drupal_is_7($site)
    ? ["{$site['root']}/includes/bootstrap.inc", "/define\('VERSION', '([^']+)'/"]
    : ["{$site['root']}/core/lib/Drupal.php", "/const VERSION = '([^']+)'/"];
  if (!is_file($file)) aegir_fail('not-found', "there is no Drupal in {$site['root']}", 'Verify the platform.');
  if (!preg_match($pattern, file_get_contents($file), $found)) aegir_fail('application-failed', "$file names no version");
  return $found[1];
}

/** Evaluates settings.php: what it says of its databases, its salt and its own configuration. */
function drupal_settings(array $site): array {
  $app_root = $site['root'];
  $site_path = "sites/{$site['directory']}";
  if (!is_file("$app_root/$site_path/settings.php"))
    aegir_fail('not-found', "there is no settings.php in $app_root/$site_path", 'Verify the site.');
  if (!is_readable("$app_root/$site_path/settings.php"))
    aegir_fail('application-failed', "the site's user may not read $app_root/$site_path/settings.php", 'Verify the site: that repairs its permissions.');
  $class_loader = is_file("$app_root/autoload.php") ? require "$app_root/autoload.php" : null;
  $databases = $settings = $config = $conf = [];
  $drupal_hash_salt = '';
  require "$app_root/$site_path/settings.php";
  return ['database' => $databases['default']['default'] ?? [], 'databases' => $databases,
    'salt' => (string) ($settings['hash_salt'] ?? $drupal_hash_salt), 'conf' => $conf, 'settings' => $settings];
}

/** Connection and a function that puts a table's prefix before its name: $t('users'). */
function drupal_open(array $settings): array {
  $database = $settings['database'];
  if ($database === []) aegir_fail('application-failed', 'the settings name no database', 'Verify the site.');
  $prefix = $database['prefix'] ?? '';
  if (is_array($prefix)) $prefix = $prefix['default'] ?? '';
  if (!preg_match('/^[A-Za-z0-9_.]*$/', $prefix)) aegir_fail('invalid', 'the prefix of the tables holds odd characters');
  return [aegir_connect($database), fn (string $table): string => $prefix . $table];
}

/** Whether an installation in this database came to its end. */
function drupal_is_installed(PDO $pdo, string $prefix, bool $is7): bool {
  $tables = aegir_tables($pdo);
  if (aegir_is_being_installed($pdo, $tables)) return false;
  foreach ($is7 ? ['variable', 'system', 'users'] : ['config', 'key_value', 'users_field_data'] as $table)
    if (!in_array($prefix . $table, $tables, true)) return false;
  if ($is7) {
    $task = aegir_plain_data(aegir_one($pdo, "select value from {$prefix}variable where name = 'install_task'"));
    return $task === 'done' || ($task === null && (int) aegir_one($pdo, "select count(*) from {$prefix}system where status = 1") > 0);
  }
  $task = aegir_plain_data(aegir_one($pdo, "select value from {$prefix}key_value where collection = 'state' and name = 'install_task'"));
  return $task === 'done' || ($task === null && aegir_one($pdo, "select data from {$prefix}config where collection = '' and name = 'core.extension'") !== null);
}

/**
 * Settings of the operator may name a database of their own. On a copy they would lead to the site that it was made of, and what is
 * done to the copy would be done to that one.
 */
function drupal_must_be_own(array $named, array $own): void {
  $file = fn (array $d): string => $d['driver'] === 'sqlite' ? (string) (realpath($d['database']) ?: $d['database']) : $d['database'];
  if (($named['driver'] ?? '') === $own['driver'] && $file($named) === $file($own)) return;
  aegir_fail('conflict', sprintf('the settings of the site lead to the database %s and not to %s, which is its own', basename($named['database'] ?? 'of nothing'), basename($own['database'])),
    'Take what names a database out of its local.settings.php.');
}
