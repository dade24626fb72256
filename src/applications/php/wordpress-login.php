<?php
/** Our plug-in in wp-content/mu-plugins takes the token, once. Only its hash is kept. */
function aegir_login_path(WP_User $account): string {
  $token = bin2hex(random_bytes(32));
  add_option(aegir_login_option($token), (time() + 86400) . ":{$account->ID}", '', 'no');
  return "/wp-login.php?aegir-login=$token";
}

function aegir_demand_login(): void {
  if (!function_exists('aegir_login_option')) aegir_fail('application-failed', 'the platform lacks wp-content/mu-plugins/aegir.php', 'Verify the platform.');
}

function aegir_first_administrator(): ?WP_User {
  return get_users(['role' => 'administrator', 'orderby' => 'ID', 'number' => 1])[0] ?? null;
}

/** Those that were given out: all, or only what nobody can use any more. */
function aegir_forget_logins(bool $all): void {
  global $wpdb;
  foreach ($wpdb->get_results("select option_name, option_value from $wpdb->options where option_name like 'aegir\\_login\\_%'") as $old)
    if ($all || (int) strtok($old->option_value, ':') < time()) delete_option($old->option_name);
}
