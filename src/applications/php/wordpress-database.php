<?php
/** A WordPress site as its database shows it, without starting WordPress. */
function wordpress_prefix(array $site): string {
  $directory = "{$site['root']}/sites/{$site['directory']}";
  foreach (['local.wp-config.php', 'wp-config.php'] as $name)
    if (is_readable("$directory/$name") && preg_match('/^\s*\$table_prefix\s*=\s*[\'"](\w*)[\'"]/m', file_get_contents("$directory/$name"), $found)) return $found[1];
  return 'wp_';
}

function wordpress_option(PDO $pdo, string $prefix, string $name): ?string {
  return aegir_one($pdo, "select option_value from {$prefix}options where option_name = ?", [$name]);
}

function wordpress_is_installed(PDO $pdo, string $prefix): bool {
  $tables = aegir_tables($pdo);
  if (aegir_is_being_installed($pdo, $tables)) return false;
  foreach (['options', 'users', 'posts'] as $table) if (!in_array($prefix . $table, $tables, true)) return false;
  return wordpress_option($pdo, $prefix, 'siteurl') !== null && (int) aegir_one($pdo, "select count(*) from {$prefix}users") > 0;
}

/** Connection and prefix of a site that is installed. */
function wordpress_open(array $site): array {
  $pdo = aegir_connect(aegir_address($site['database']));
  $prefix = wordpress_prefix($site);
  if (!wordpress_is_installed($pdo, $prefix))
    aegir_fail('application-failed', 'there is no finished installation in its database', 'Install the site, or restore a backup.');
  return [$pdo, $prefix];
}

/** Of the code: version, db version. */
function wordpress_version(string $root): array {
  $text = (string) @file_get_contents("$root/wp-includes/version.php");
  preg_match('/\$wp_version\s*=\s*\'([^\']+)\'/', $text, $version);
  preg_match('/\$wp_db_version\s*=\s*(\d+)/', $text, $database);
  if (!$version || !$database) aegir_fail('not-found', "there is no WordPress in $root", 'Verify the platform.');
  return [$version[1], (int) $database[1]];
}
