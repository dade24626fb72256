<?php
aegir_run(function () use ($aegir) {
  $site = $aegir['site'];
  aegir_request($site);
  $settings = drupal_settings($site);
  [$pdo, $t] = drupal_open($settings);
  $is7 = drupal_is_7($site);
  $key = $is7
    ? $settings['conf']['cron_key'] ?? cron_value(aegir_one($pdo, "select value from {$t('variable')} where name = 'cron_key'"))
    : cron_value(aegir_one($pdo, "select value from {$t('key_value')} where collection = 'state' and name = 'system.cron_key'"));
  if (!is_string($key) || $key === '') aegir_fail('not-found', 'the site has no key for its cron', 'Have it run by command line: --cron-by command.');
  return cron_by_web($aegir, $is7 ? '/cron.php?cron_key=' . rawurlencode($key) : '/cron/' . rawurlencode($key));
});

/** PostgreSQL gives a stream for what is binary. */
function cron_value($stored) {
  if (is_resource($stored)) $stored = stream_get_contents($stored);
  return $stored === null || $stored === false ? null : @unserialize($stored, ['allowed_classes' => false]);
}
