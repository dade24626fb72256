<?php
/** The version of WordPress's tables. $aegir['run'] says whether to update them. As in its own upgrade.php, no plug-in is loaded meanwhile. */
aegir_run(function () use ($aegir) {
  global $wp_db_version;
  $pending = fn (): array => (int) get_option('db_version') === (int) $wp_db_version ? []
    : [['package' => 'wordpress', 'update' => (string) $wp_db_version, 'description' => 'tables of version ' . get_option('db_version') . ' become version ' . $wp_db_version]];
  $list = $pending();
  $was = get_option('aegir_maintenance', '0') === '1';
  if (!$aegir['run']) return ['updates' => $list];
  update_option('aegir_maintenance', '1', true);
  if ($list === []) return ['updates' => [], 'wasClosed' => $was];
  aegir_doing("its tables could not be updated to version $wp_db_version: ", '', 'The site is left in maintenance mode. Mend the cause and run its updates again, or restore a backup.');
  add_filter('pre_wp_mail', '__return_true');
  add_filter('pre_http_request', fn () => new WP_Error('aegir', 'not now'));
  require_once ABSPATH . 'wp-admin/includes/upgrade.php';
  global $wpdb;
  wp_upgrade();
  wp_cache_flush();
  if ($pending() !== []) aegir_fail('application-failed', $wpdb->last_error === '' ? 'nothing says why' : $wpdb->last_error);
  return ['updates' => $list, 'wasClosed' => $was];
});
