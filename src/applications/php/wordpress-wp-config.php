<?php
// Written by Aegir. Changes are lost when the platform is verified.
// The web server says which site a request is for; that site's own settings lie in sites/<directory>/wp-config.php.
$aegir_directory = (string) ($_SERVER['AEGIR_SITE_DIR'] ?? '');
$aegir_file = __DIR__ . "/sites/$aegir_directory/wp-config.php";
if (!preg_match('/^[A-Za-z0-9][A-Za-z0-9._-]*$/', $aegir_directory) || !is_file($aegir_file)) {
  http_response_code(404);
  exit("There is no site here.\n");
}
// PHP would go on with the settings as they were for some seconds after Aegir has written them.
if (function_exists('opcache_invalidate') && ini_get('opcache.validate_timestamps') && !ini_get('opcache.restrict_api')) opcache_invalidate($aegir_file);
$aegir_database = [];
foreach (['NAME', 'USER', 'PASSWORD', 'HOST', 'PORT', 'SOCKET'] as $aegir_key) $aegir_database[$aegir_key] = (string) ($_SERVER["AEGIR_DB_$aegir_key"] ?? '');
foreach (array_keys($_SERVER) as $aegir_key) if (preg_match('/^(REDIRECT_)*AEGIR_DB_/', (string) $aegir_key)) unset($_SERVER[$aegir_key], $_ENV[$aegir_key]);
define('DB_NAME', $aegir_database['NAME']);
define('DB_USER', $aegir_database['USER']);
define('DB_PASSWORD', $aegir_database['PASSWORD']);
define('DB_HOST', $aegir_database['SOCKET'] !== '' ? "localhost:{$aegir_database['SOCKET']}"
  : $aegir_database['HOST'] . ($aegir_database['PORT'] === '' ? '' : ":{$aegir_database['PORT']}"));
unset($aegir_database, $aegir_key);
$table_prefix = 'wp_';
require $aegir_file;
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
