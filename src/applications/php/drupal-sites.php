<?php
// Written by Aegir. Changes are lost when the platform is verified; your own lines go into sites.local.php beside this file.
if (is_file(__DIR__ . '/sites.local.php')) include __DIR__ . '/sites.local.php';
// The web server says which site a request is for, so no name of one site can lead to another.
if (isset($_SERVER['AEGIR_SITE_DIR'], $_SERVER['HTTP_HOST'])) (function () use (&$sites) {
  [$host, $port] = explode(':', strtolower(rtrim($_SERVER['HTTP_HOST'], '.')) . ':');
  $parts = explode('/', $_SERVER['SCRIPT_NAME'] ?? '/index.php');
  for ($length = count($parts) - 1; $length > 0; $length--) {
    $path = implode('.', array_slice($parts, 0, $length));
    // Drupal looks for '8080.example.com.core' first and for 'example.com' last; these come before any other's.
    foreach ([$port === '' ? $host : "$port.$host", $host] as $name) $sites[$name . $path] = $_SERVER['AEGIR_SITE_DIR'];
  }
  // PHP would go on with the settings as they were for some seconds after Aegir has written them.
  if (function_exists('opcache_invalidate') && ini_get('opcache.validate_timestamps') && !ini_get('opcache.restrict_api')) opcache_invalidate(__DIR__ . "/{$_SERVER['AEGIR_SITE_DIR']}/settings.php");
})();
