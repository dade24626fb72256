<?php
/** The version of WordPress's tables. $aegir['run'] says whether to update them. */
aegir_run(function () use ($aegir) {
  global $wp_db_version;
  $pending = fn (): array => (int) get_option('db_version') === (int) $wp_db_version ? []
    : [['package' => 'wordpress', 'update' => (string) $wp_db_version, 'description' => 'tables of version ' . get_option('db_version') . ' become version ' . $wp_db_version]];
  $list = $pending();
  if (!$aegir['run'] || $list === []) return ['updates' => $list];
  $was = get_option('aegir_maintenance', '0');
  update_option('aegir_maintenance', '1', true);
  add_filter('pre_wp_mail', '__return_true');
  require_once ABSPATH . 'wp-admin/includes/upgrade.php';
  wp_upgrade();
  wp_cache_flush();
  if ($pending() !== []) aegir_fail('application-failed', 'its tables could not be updated to version ' . $wp_db_version, 'The site is left in maintenance mode.');
  update_option('aegir_maintenance', $was, true);
  return ['updates' => $list];
});
