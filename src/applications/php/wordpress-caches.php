<?php
aegir_run(function () {
  if (function_exists('delete_expired_transients')) delete_expired_transients(true);
  flush_rewrite_rules(false);
  wp_cache_flush();
  return [];
});
