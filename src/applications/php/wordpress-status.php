<?php
aegir_run(function () use ($aegir) {
  $site = $aegir['site'];
  aegir_request($site);
  [$pdo, $prefix] = wordpress_open($site);
  $packages = [];
  foreach (aegir_plain_data(wordpress_option($pdo, $prefix, 'active_plugins')) ?: [] as $file)
    if (is_string($file)) $packages[] = ['type' => 'plugin', 'name' => str_contains($file, '/') ? strtok($file, '/') : basename($file, '.php'), 'enabled' => true, 'schemaVersion' => null];
  foreach (array_unique([wordpress_option($pdo, $prefix, 'stylesheet'), wordpress_option($pdo, $prefix, 'template')]) as $name)
    if ($name !== null && $name !== '') $packages[] = ['type' => 'theme', 'name' => $name, 'enabled' => true, 'schemaVersion' => null];
  return ['version' => wordpress_version($site['root'])[0], 'title' => html_entity_decode(wordpress_option($pdo, $prefix, 'blogname') ?? '', ENT_QUOTES),
    'profile' => null, 'maintenance' => wordpress_option($pdo, $prefix, 'aegir_maintenance') === '1', 'packages' => $packages];
});
