<?php
aegir_run(function () use ($aegir) {
  if (!function_exists('aegir_login_option')) aegir_fail('application-failed', 'the platform lacks wp-content/mu-plugins/aegir.php', 'Verify the platform.');
  update_option('aegir_maintenance', $aegir['on'] ? '1' : '0', true);
  wp_cache_flush();
  return [];
});
