<?php
/** Starts Drupal itself: its code runs from here on. Its functions need the global scope, so this is no function. */
$site = $aegir['site'];
try {
  aegir_request($site, $aegir['script'] ?? '/index.php');
  $is7 = drupal_is_7($site);
  $updating = ($aegir['updating'] ?? false) === true;
  if ($updating) define('MAINTENANCE_MODE', 'update');
  if ($is7) {
    define('DRUPAL_ROOT', $site['root']);
    require_once './includes/bootstrap.inc';
    // We look like a visitor of the front page, who would be given a page that was kept, and that would be the end.
    drupal_page_is_cacheable(false);
    drupal_bootstrap(DRUPAL_BOOTSTRAP_CONFIGURATION);
    drupal_must_be_own($GLOBALS['databases']['default']['default'] ?? [], aegir_address($site['database']));
    if ($updating) {
      foreach (['update', 'common', 'file', 'entity', 'unicode'] as $part) require_once "./includes/$part.inc";
      update_prepare_d7_bootstrap();
      drupal_bootstrap(DRUPAL_BOOTSTRAP_LANGUAGE);
      update_fix_d7_requirements();
    }
    drupal_bootstrap(DRUPAL_BOOTSTRAP_FULL);
    restore_error_handler();
    restore_exception_handler();
  } else {
    $autoloader = require "{$site['root']}/autoload.php";
    require_once "{$site['root']}/core/includes/bootstrap.inc";
    $request = Symfony\Component\HttpFoundation\Request::create("{$aegir['address']}/", 'GET', [], [], [], $_SERVER);
    $class = $updating ? 'Drupal\Core\Update\UpdateKernel' : 'Drupal\Core\DrupalKernel';
    $kernel = $class::createFromRequest($request, $autoloader, 'prod', !$updating, $site['root']);
    drupal_must_be_own(Drupal\Core\Database\Database::getConnectionInfo()['default'] ?? [], aegir_address($site['database']));
    $kernel->boot();
    $kernel->preHandle($request);
    if (!$request->hasSession())
      $request->setSession(new Symfony\Component\HttpFoundation\Session\Session(new Symfony\Component\HttpFoundation\Session\Storage\MockArraySessionStorage()));
    Drupal::service('request_stack')->push($request);
    restore_error_handler();
    restore_exception_handler();
  }
  error_reporting(E_ALL & ~E_DEPRECATED & ~E_USER_DEPRECATED & ~E_NOTICE & ~E_WARNING & ~E_STRICT);
} catch (Throwable $error) {
  aegir_failed($error);
  exit;
}
