<?php
/**
 * Plug-ins look for a new version of their own when somebody opens the administration, and then update what they keep. Nobody shall find out
 * only then that they cannot: so they are asked now, with nothing sent anywhere. Some end with a redirect, which ends PHP: that is well.
 */
aegir_run(function () {
  aegir_doing('its plug-ins could not update what they keep: ', '', 'The site is left in maintenance mode. Mend the plug-in and run its updates again, or restore a backup.');
  $GLOBALS['aegir_may_end'] = [];
  foreach (['pre_wp_mail' => fn () => true, 'pre_http_request' => fn () => new WP_Error('aegir', 'not now'), 'wp_redirect' => fn () => false] as $name => $with) add_filter($name, $with, PHP_INT_MAX);
  require_once ABSPATH . 'wp-admin/includes/admin.php';
  $first = get_users(['role' => 'administrator', 'orderby' => 'ID', 'number' => 1])[0] ?? null;
  if ($first) wp_set_current_user($first->ID);
  set_current_screen('dashboard');
  do_action('admin_init');
  flush_rewrite_rules(false);
  wp_cache_flush();
  return [];
});
