<?php
aegir_run(function () use ($aegir, $is7) {
  $on = $aegir['on'];
  if ($is7) {
    variable_set('maintenance_mode', $on ? 1 : 0);
    // Cached pages would go on being served.
    if (db_table_exists('cache_page')) cache_clear_all('*', 'cache_page', true);
    return [];
  }
  Drupal::state()->set('system.maintenance_mode', $on);
  foreach (['page', 'dynamic_page_cache'] as $bin)
    if (Drupal::hasService("cache.$bin")) Drupal::cache($bin)->deleteAll();
  return [];
});
