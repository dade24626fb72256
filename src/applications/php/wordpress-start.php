<?php
/** Starts WordPress itself: its code runs from here on. It wants the global scope. */
$site = $aegir['site'];
try {
  aegir_request($site);
  if (!extension_loaded('mysqli')) aegir_fail('application-failed', 'PHP has no extension mysqli', 'Install it: php-mysql.');
  if (!is_file("{$site['root']}/wp-config.php")) aegir_fail('not-found', "there is no wp-config.php in {$site['root']}", 'Verify the platform.');
  if ($aegir['installing'] ?? false) {
    aegir_empty_database(aegir_address($site['database']));
    define('WP_INSTALLING', true);
  }
  if ($aegir['updating'] ?? false) define('WP_INSTALLING', true);
  if ($aegir['administration'] ?? false) define('WP_ADMIN', true);
  require "{$site['root']}/wp-load.php";
  error_reporting(E_ALL & ~E_DEPRECATED & ~E_USER_DEPRECATED & ~E_NOTICE & ~E_WARNING & ~E_STRICT);
} catch (Throwable $error) {
  aegir_failed($error);
  exit;
}
