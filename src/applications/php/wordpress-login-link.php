<?php
/** Our plug-in in wp-content/mu-plugins takes the token, once. Only its hash is kept. */
aegir_run(function () use ($aegir, $site) {
  $name = $aegir['user'];
  $who = $name === null ? 'the first account' : "'$name'";
  $account = $name === null ? (get_users(['role' => 'administrator', 'orderby' => 'ID', 'number' => 1])[0] ?? null) : get_user_by('login', $name);
  if (!$account) aegir_fail('not-found', "the site has no account $who", 'Give the name of one that it has.');
  if (!function_exists('aegir_login_option')) aegir_fail('application-failed', 'the platform lacks wp-content/mu-plugins/aegir.php', 'Verify the platform.');
  global $wpdb;
  foreach ($wpdb->get_results("select option_name, option_value from $wpdb->options where option_name like 'aegir\\_login\\_%'") as $old)
    if ((int) strtok($old->option_value, ':') < time()) delete_option($old->option_name);
  $token = bin2hex(random_bytes(32));
  add_option(aegir_login_option($token), (time() + 86400) . ":{$account->ID}", '', 'no');
  return ['path' => "/wp-login.php?aegir-login=$token"];
});
