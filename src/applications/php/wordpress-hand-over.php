<?php
aegir_run(function () use ($aegir) {
  ['title' => $title, 'email' => $email, 'account' => $name, 'variables' => $variables] = $aegir['owner'];
  aegir_demand_login();
  // Nobody who had the site before is to be told.
  remove_action('update_option_admin_email', 'wp_site_admin_email_change_notification');
  add_filter('send_email_change_email', '__return_false');
  add_filter('send_password_change_email', '__return_false');
  $account = aegir_first_administrator();
  if (!$account) aegir_fail('not-found', 'the site has no administrator', 'Make one: Aegir hands the site over by it.');
  foreach ($variables as [$option, $value]) {
    if (is_array(get_option($option)) || is_object(get_option($option))) aegir_fail('invalid', "the option $option is no single value", 'Leave it out.');
    update_option($option, is_bool($value) ? (int) $value : $value);
  }
  $named = $name === null || $name === $account->user_login ? [] : aegir_rename_account($account, $name);
  $done = wp_update_user($named + ['ID' => $account->ID, 'user_email' => $email, 'user_pass' => bin2hex(random_bytes(24))]);
  if (is_wp_error($done)) aegir_fail('application-failed', $done->get_error_message());
  // Who had it before is out, and so are the links that they were given.
  WP_Session_Tokens::get_instance($account->ID)->destroy_all();
  aegir_forget_logins(true);
  update_option('blogname', $title);
  update_option('admin_email', $email);
  delete_option('new_admin_email');
  wp_cache_flush();
  return ['path' => aegir_login_path(get_userdata($account->ID))];
});

/** Its name as it logs in, which WordPress itself lets nobody change; answers what else is to say it. */
function aegir_rename_account(WP_User $account, string $name): array {
  global $wpdb;
  $other = username_exists($name);
  if ($other && $other !== $account->ID) aegir_fail('conflict', "another account of the site is called $name", 'Choose another name.');
  $wpdb->update($wpdb->users, ['user_login' => $name], ['ID' => $account->ID]);
  clean_user_cache($account);
  return ['user_nicename' => sanitize_title($name), 'nickname' => $name, 'display_name' => $name];
}
