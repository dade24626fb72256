<?php
aegir_run(function () use ($aegir) {
  $site = $aegir['site'];
  aegir_request($site);
  // The address as the hub knows it: settings may not be there yet.
  $pdo = aegir_connect_if_there(aegir_address($site['database']));
  if ($pdo === null) return ['installed' => false];
  $prefix = '';
  $is7 = drupal_is_7($site);
  if (!drupal_is_installed($pdo, '', $is7) && is_file("sites/{$site['directory']}/settings.php")) {
    $database = drupal_settings($site)['database'];
    $prefix = is_array($database['prefix'] ?? '') ? ($database['prefix']['default'] ?? '') : ($database['prefix'] ?? '');
  }
  return ['installed' => drupal_is_installed($pdo, $prefix, $is7)];
});
