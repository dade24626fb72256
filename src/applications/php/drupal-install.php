<?php
/** Installs with core's own installer, which finds our settings.php complete and therefore writes none. */
$site = $aegir['site'];
try {
  aegir_request($site, (drupal_is_7($site) ? '' : '/core') . '/install.php');
  aegir_empty_database(aegir_address($site['database']));
} catch (Throwable $error) {
  aegir_failed($error);
  exit;
}
$want = $aegir['want'];
// Nobody knows it: the way in is a login link.
$password = rtrim(strtr(base64_encode(random_bytes(30)), '+/', '-_'), '=');
$account = ['name' => 'admin', 'mail' => $want['email'], 'pass' => ['pass1' => $password, 'pass2' => $password]];
// 'op' is what limits validation to the button: without it the other forms' required fields fail.
$configure = ['site_name' => $want['title'], 'site_mail' => $want['email'], 'account' => $account,
  'date_default_timezone' => date_default_timezone_get(), 'op' => 'Save and continue'];
if (drupal_is_7($site)) {
  define('DRUPAL_ROOT', $site['root']);
  define('MAINTENANCE_MODE', 'install');
  require_once "{$site['root']}/includes/install.core.inc";
  // Seven's installer takes NULL for a box that is not ticked; FALSE is "an illegal choice".
  $configure += ['update_status_module' => [1 => null, 2 => null], 'clean_url' => true];
  $settings = ['interactive' => false, 'parameters' => ['profile' => $want['profile'], 'locale' => $want['language']],
    'server' => array_intersect_key($_SERVER, array_flip(['HTTP_HOST', 'SERVER_NAME', 'SERVER_PORT', 'REMOTE_ADDR', 'REQUEST_METHOD', 'SERVER_SOFTWARE', 'REQUEST_URI', 'SCRIPT_NAME', 'PHP_SELF', 'SCRIPT_FILENAME', 'QUERY_STRING'])),
    'forms' => ['install_configure_form' => $configure]];
} else {
  $autoloader = require "{$site['root']}/autoload.php";
  require_once "{$site['root']}/core/includes/install.core.inc";
  $configure += ['enable_update_status_module' => null, 'enable_update_status_emails' => null];
  $settings = ['interactive' => false, 'site_path' => "sites/{$site['directory']}",
    'parameters' => ['profile' => $want['profile'], 'langcode' => $want['language']],
    'forms' => ['install_configure_form' => $configure]];
}
$is7 = drupal_is_7($site);
// Seven counts what its tasks change in the globals, so it is called from the global scope.
try {
  $is7 ? install_drupal($settings) : install_drupal($autoloader, $settings);
} catch (Throwable $error) {
  aegir_failed($error);
  exit;
}
aegir_run(function () use ($site, $is7) {
  $database = aegir_address($site['database']);
  aegir_installed_mark_off($database);
  // The installer of Seven says nothing when it fails, so the database is asked.
  if (!drupal_is_installed(aegir_connect($database), '', $is7)) {
    aegir_connect($database)->exec('create table ' . AEGIR_MARK . ' (started varchar(32))');
    $printed = '';
    while (ob_get_level() > 1) $printed = ob_get_clean() . $printed;
    aegir_fail('application-failed', 'the installer did not come to its end' . ($printed === '' ? '' : ': ' . aegir_plain($printed)));
  }
  // The installer has logged the account in. A login link dies by the next login, if that is in another second than the
  // last: so the last was long ago. Not 0, which Drupal takes for "never" and then lets the link live for ever.
  $pdo = aegir_connect($database);
  $pdo->exec('update ' . ($is7 ? 'users' : 'users_field_data') . ' set login = 1, access = 0 where uid = 1');
  if (in_array('cache_entity', aegir_tables($pdo), true)) $pdo->exec('delete from cache_entity');
  return [];
});
