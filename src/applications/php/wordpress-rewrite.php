<?php
/** A copy of a WordPress site at its new place, before WordPress itself is started there. */
aegir_run(function () use ($aegir) {
  $site = $aegir['site'];
  aegir_request($site);
  [$pdo, $prefix] = wordpress_open($site);
  foreach (['blogs', 'sitemeta'] as $table)
    if (in_array($prefix . $table, aegir_tables($pdo), true)) aegir_fail('invalid', 'it is a network of several sites in one WordPress, whose names stand in many of its tables', 'Such a network cannot be moved or copied by Aegir.');
  $place = new AegirPlace($pdo, $prefix, "{$site['root']}/sites/{$site['directory']}");
  $want = $aegir['place'];
  $place->empty($aegir['emptied']);
  // A guid is the name of a post for feed readers, and only looks like an address: a new one would be a new post to them.
  $place->tables($want, ['relevanssi*', 'swp_*', 'searchwp_*', '*_actionscheduler_logs'], ["{$prefix}posts.guid"]);
  $place->files($want, $aegir['files']);
  foreach (['siteurl', 'home'] as $name)
    $place->did("{$prefix}options.$name", rewrite_run($pdo, "update {$prefix}options set option_value = ? where option_name = ? and option_value <> ?", [$aegir['address'], $name, $aegir['address']]));
  $place->did('lists of files with code', rewrite_run($pdo, "delete from {$prefix}options where option_name in ('_site_transient_theme_roots', '_site_transient_timeout_theme_roots')", []));
  if ($aegir['isNew']) {
    $place->did("{$prefix}usermeta (who was logged in)", rewrite_run($pdo, "delete from {$prefix}usermeta where meta_key = 'session_tokens'", []));
    $place->did("{$prefix}users (links for new passwords)", rewrite_run($pdo, "update {$prefix}users set user_activation_key = '' where user_activation_key <> ''", []));
    $place->did("{$prefix}options (login links, keys)", rewrite_run($pdo, "delete from {$prefix}options where option_name like 'aegir\\_login\\_%' or option_name in ('auth_key', 'auth_salt', 'logged_in_key', 'logged_in_salt', 'nonce_key', 'nonce_salt', 'secure_auth_key', 'secure_auth_salt', 'recovery_keys')", []));
  }
  if (wordpress_option($pdo, $prefix, "{$prefix}user_roles") === null)
    aegir_fail('application-failed', "its table {$prefix}options has no {$prefix}user_roles, so nobody has any rights", 'The prefix of its tables and the names in them do not fit together.');
  return $place->answer();
});
