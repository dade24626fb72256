<?php
aegir_run(function () use ($aegir) {
  $site = $aegir['site'];
  aegir_request($site);
  [$pdo, $prefix] = wordpress_open($site);
  $package = fn (string $type, string $name, ?int $schema = null) => ['type' => $type, 'name' => $name, 'enabled' => true, 'schemaVersion' => $schema, 'isDefault' => $type === 'theme'];
  $packages = [$package('core', 'wordpress', (int) wordpress_option($pdo, $prefix, 'db_version'))];
  $plugins = [];
  foreach (aegir_plain_data(wordpress_option($pdo, $prefix, 'active_plugins')) ?: [] as $file)
    if (is_string($file)) $plugins[] = str_contains($file, '/') ? strtok($file, '/') : basename($file, '.php');
  foreach (array_unique($plugins) as $name) $packages[] = $package('plugin', $name);
  // These are run because they are there.
  foreach (glob("{$site['root']}/wp-content/mu-plugins/*.php") ?: [] as $file)
    if (basename($file) !== 'aegir.php') $packages[] = $package('mu-plugin', basename($file, '.php'));
  foreach (array_unique([wordpress_option($pdo, $prefix, 'stylesheet'), wordpress_option($pdo, $prefix, 'template')]) as $name)
    if ($name !== null && $name !== '') $packages[] = $package('theme', $name);
  return ['version' => wordpress_version($site['root'])[0], 'title' => html_entity_decode(wordpress_option($pdo, $prefix, 'blogname') ?? '', ENT_QUOTES),
    'profile' => null, 'maintenance' => wordpress_option($pdo, $prefix, 'aegir_maintenance') === '1', 'packages' => $packages];
});
