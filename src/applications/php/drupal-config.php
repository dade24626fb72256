<?php
/** Digests of configuration objects, of Seven those of its variables and of what is enabled. */
aegir_run(function () use ($aegir) {
  $site = $aegir['site'];
  aegir_request($site);
  [$pdo, $t] = drupal_open(drupal_settings($site));
  $config = [];
  $add = function (string $name, $value) use (&$config): void {
    $config[mb_strcut($name, 0, 500)] = substr(hash('sha256', is_resource($value) ? stream_get_contents($value) : (string) $value), 0, 16);
  };
  if (!drupal_is_7($site)) {
    foreach ($pdo->query("select collection, name, data from {$t('config')}") as $row)
      $add(($row['collection'] === '' ? '' : "{$row['collection']}:") . $row['name'], $row['data']);
    return ['config' => (object) $config];
  }
  foreach ($pdo->query("select name, value from {$t('variable')}") as $row) if (!config_changes_by_itself($row['name'])) $add($row['name'], $row['value']);
  foreach ($pdo->query("select name, type, schema_version from {$t('system')} where status = 1") as $row) $add("{$row['type']} {$row['name']}", 'enabled');
  return ['config' => (object) $config];
});

/** Variables of Seven that are a memory and no configuration: when something ran last, what was compiled, its own keys. */
function config_changes_by_itself(string $name): bool {
  return preg_match('/^(cron_|cache_flush_|cache_class_|css_js_query_string|drupal_(css|js)_cache_files|drupal_private_key|javascript_parsed|menu_|maintenance_mode$|install_(task|time)
    |statistics_day_timestamp|node_cron_|update_last_|path_alias_whitelist|locale_cache|features_(codecache|semaphore)|registry_|entity_cache_|views_defaults_cache|ctools_last_cron|email__active_tab
    |.*_(last|last_cron|last_run|timestamp|semaphore|lock|site_hash)$)/x', $name) === 1;
}
