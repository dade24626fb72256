<?php
/** Digests of options, without transients and what else is a memory and no configuration. */
aegir_run(function () use ($aegir) {
  $site = $aegir['site'];
  aegir_request($site);
  [$pdo, $prefix] = wordpress_open($site);
  $config = [];
  foreach ($pdo->query("select option_name, option_value from {$prefix}options") as $row)
    if (!preg_match('/^(_transient_|_site_transient_|aegir_|cron$|rewrite_rules$|recently_(activated|edited)$|doing_cron|action_scheduler_|recovery_|nonce_|(auth|secure_auth|logged_in)_(key|salt)$|.*(_lock|\.lock|_last_run|_timestamp)$|can_compress_scripts$|uninstall_plugins$|https_detection_errors$|fresh_site$)/', $row['option_name']))
      $config[mb_strcut($row['option_name'], 0, 500)] = substr(hash('sha256', $row['option_value']), 0, 16);
  return ['config' => (object) $config];
});
