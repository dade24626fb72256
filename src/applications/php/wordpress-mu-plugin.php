<?php
// Written by Aegir. Changes are lost when the platform is verified.
/**
 * Plugin Name: Aegir
 * Description: Maintenance mode and one-time login links.
 */
function aegir_login_option(string $token): string {
  return 'aegir_login_' . hash('sha256', $token);
}

// Before any plug-in and any request is looked at: nothing is read and nothing is written.
if (!defined('AEGIR_TOOL') && !wp_installing() && get_option('aegir_maintenance') === '1') {
  http_response_code(503);
  header('Retry-After: 600');
  header('Content-Type: text/html; charset=utf-8');
  header('Cache-Control: no-store');
  exit('<!doctype html><title>Maintenance</title><h1>This site is being looked after.</h1><p>Please come back in some minutes.</p>');
}

add_action('login_init', function (): void {
  $token = $_GET['aegir-login'] ?? null;
  if (!is_string($token)) return;
  nocache_headers();
  header('Referrer-Policy: no-referrer');
  global $wpdb;
  $option = aegir_login_option($token);
  $value = (string) $wpdb->get_var($wpdb->prepare("select option_value from $wpdb->options where option_name = %s", $option));
  // Whoever deletes the row has the link; a second one finds nothing to delete.
  $ours = $value !== '' && $wpdb->delete($wpdb->options, ['option_name' => $option]) === 1;
  wp_cache_delete($option, 'options');
  [$until, $id] = array_map('intval', explode(':', "$value:"));
  $account = $ours && $until >= time() ? get_userdata($id) : false;
  if (!$account) wp_die('This link has been used, or is too old. Ask for a new one.', 'Log in', ['response' => 403]);
  wp_set_current_user($account->ID);
  wp_set_auth_cookie($account->ID, false);
  do_action('wp_login', $account->user_login, $account);
  wp_safe_redirect(admin_url('index.php'));
  exit;
});
