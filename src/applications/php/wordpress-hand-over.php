<?php
aegir_run(function () use ($aegir) {
  ['title' => $title, 'email' => $email] = $aegir['owner'];
  aegir_demand_login();
  // Nobody who had the site before is to be told.
  remove_action('update_option_admin_email', 'wp_site_admin_email_change_notification');
  add_filter('send_email_change_email', '__return_false');
  add_filter('send_password_change_email', '__return_false');
  $account = aegir_first_administrator();
  if (!$account) aegir_fail('not-found', 'the site has no administrator', 'Make one: Aegir hands the site over by it.');
  $done = wp_update_user(['ID' => $account->ID, 'user_email' => $email, 'user_pass' => bin2hex(random_bytes(24))]);
  if (is_wp_error($done)) aegir_fail('application-failed', $done->get_error_message());
  // Who had it before is out, and so are the links that they were given.
  WP_Session_Tokens::get_instance($account->ID)->destroy_all();
  aegir_forget_logins(true);
  update_option('blogname', $title);
  update_option('admin_email', $email);
  delete_option('new_admin_email');
  wp_cache_flush();
  return ['path' => aegir_login_path($account)];
});
