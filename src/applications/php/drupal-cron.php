<?php
aegir_run(function () use ($is7) {
  if ($is7) {
    $GLOBALS['user'] = drupal_anonymous_user();
    $done = drupal_cron_run();
  } else {
    Drupal::service('account_switcher')->switchTo(new Drupal\Core\Session\AnonymousUserSession());
    $done = Drupal::service('cron')->run();
  }
  if (!$done) aegir_fail('conflict', 'cron is running already, or did not end well', 'Look into the log of the site.');
  return ['lines' => aegir_printed()];
});
