<?php
aegir_run(function () use ($aegir) {
  $site = $aegir['site'];
  aegir_request($site);
  $settings = drupal_settings($site);
  [$pdo, $t] = drupal_open($settings);
  $is7 = drupal_is_7($site);
  if (!drupal_is_installed($pdo, $t(''), $is7))
    aegir_fail('application-failed', 'there is no finished installation in its database', 'Install the site, or restore a backup.');
  return ['version' => drupal_core_version($site)] + ($is7 ? status_7($pdo, $t, $settings['conf']) : status_8($pdo, $t));
});

/** Its schema is that of the module system. */
function status_core(): array {
  return ['type' => 'core', 'name' => 'drupal', 'enabled' => true, 'schemaVersion' => null, 'isDefault' => false];
}

function status_7(PDO $pdo, Closure $t, array $conf): array {
  $variable = fn (string $name) => $conf[$name] ?? aegir_plain_data(aegir_one($pdo, "select value from {$t('variable')} where name = ?", [$name]));
  $packages = [status_core()];
  $profile = $variable('install_profile');
  $shown = [$variable('theme_default') ?? 'bartik', $variable('admin_theme')];
  foreach ($pdo->query("select name, type, status, schema_version, filename from {$t('system')}") as $row) {
    if (!$row['status'] && (int) $row['schema_version'] < 0) continue;
    $type = str_ends_with($row['filename'], '.profile') ? 'profile' : match ($row['type']) { 'theme' => 'theme', 'theme_engine' => 'engine', default => 'module' };
    if ($type === 'profile') $profile ??= $row['name'];
    $schema = (int) $row['schema_version'];
    $packages[] = ['type' => $type, 'name' => $row['name'], 'enabled' => (bool) $row['status'],
      'schemaVersion' => in_array($type, ['theme', 'engine'], true) || $schema < 0 ? null : $schema,
      'isDefault' => $type === 'theme' && in_array($row['name'], $shown, true)];
  }
  return ['title' => (string) ($variable('site_name') ?? ''), 'profile' => is_string($profile) ? $profile : null,
    'maintenance' => (bool) $variable('maintenance_mode'), 'packages' => $packages];
}

function status_8(PDO $pdo, Closure $t): array {
  $config = fn (string $name) => aegir_plain_data(aegir_one($pdo, "select data from {$t('config')} where collection = '' and name = ?", [$name]));
  $extension = $config('core.extension');
  $profile = $extension['profile'] ?? null;
  $schema = [];
  foreach ($pdo->query("select name, value from {$t('key_value')} where collection = 'system.schema'") as $row)
    $schema[$row['name']] = (int) aegir_plain_data(is_resource($row['value']) ? stream_get_contents($row['value']) : $row['value']);
  $packages = [status_core()];
  $shown = $config('system.theme') ?: [];
  foreach (['module', 'theme'] as $type)
    foreach (array_keys($extension[$type] ?? []) as $name)
      $packages[] = ['type' => $name === $profile ? 'profile' : $type, 'name' => (string) $name, 'enabled' => true, 'schemaVersion' => $schema[$name] ?? null,
        'isDefault' => $type === 'theme' && in_array((string) $name, [$shown['default'] ?? '', $shown['admin'] ?? ''], true)];
  $maintenance = aegir_one($pdo, "select value from {$t('key_value')} where collection = 'state' and name = 'system.maintenance_mode'");
  return ['title' => (string) ($config('system.site')['name'] ?? ''), 'profile' => is_string($profile) ? $profile : null,
    'maintenance' => (bool) aegir_plain_data($maintenance), 'packages' => $packages];
}
