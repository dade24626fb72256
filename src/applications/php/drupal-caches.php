<?php
aegir_run(function () use ($is7, $site) {
  if ($is7) {
    registry_rebuild();
    drupal_flush_all_caches();
    return [];
  }
  require_once "{$site['root']}/core/includes/utility.inc";
  drupal_rebuild($GLOBALS['autoloader'], $GLOBALS['request']);
  return [];
});
