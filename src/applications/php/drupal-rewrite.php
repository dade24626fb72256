<?php
/** A copy of a Drupal site at its new place, before Drupal itself is started there: its caches and paths would lead to the old one. */
aegir_run(function () use ($aegir) {
  $site = $aegir['site'];
  aegir_request($site);
  $settings = drupal_settings($site);
  $own = aegir_address($site['database']);
  drupal_must_be_own($settings['database'], $own);
  [, $t] = drupal_open($settings);
  $pdo = aegir_connect($own);
  $is7 = drupal_is_7($site);
  if (!drupal_is_installed($pdo, $t(''), $is7))
    aegir_fail('application-failed', 'there is no finished installation in its database', 'Was the database copied?');
  $place = new AegirPlace($pdo, $t(''), "{$site['root']}/sites/{$site['directory']}");
  $want = $aegir['place'];
  $place->empty($aegir['emptied']);
  // The router is made anew from the code; until then it serves nobody.
  $place->tables($want, ['cache', 'cache_*', 'cachetags', 'search_index', 'search_dataset', 'search_total', 'search_node_links', 'search_api_db_*',
    'search_api_item', 'sessions', 'watchdog', 'accesslog', 'flood', 'semaphore', 'history', 'batch', 'router']);
  $place->files($want, $aegir['files']);
  $place->removed($want['directory'][0] === $want['directory'][1] ? ['files/php'] : ['files/php', 'files/css', 'files/js']);
  rewrite_no_cron($pdo, $is7, $is7 ? $t('variable') : $t('key_value'));
  if ($aegir['isNew']) $place->did('keys of its own', $is7 ? rewrite_keys_7($pdo, $t('variable')) : rewrite_keys_8($pdo, $t('key_value')));
  if ($is7) rewrite_code_7($pdo, $t, $place);
  else $place->did('lists of files with code', $pdo->exec("delete from {$t('key_value')} where collection = 'state' and name in ('system.module.files', 'system.theme.files', 'system.profile.files', 'system.theme_engine.files')"));
  return $place->answer();
});

/** Drupal runs cron behind a page that somebody asks for, if it is long ago. Nobody shall get mail from a copy that is only looked at. */
function rewrite_no_cron(PDO $pdo, bool $is7, string $table): void {
  [$columns, $name, $state] = $is7 ? ['name, value', 'cron_last', ''] : ['collection, name, value', 'system.cron_last', "'state', "];
  rewrite_run($pdo, "delete from $table where name = ?" . ($is7 ? '' : " and collection = 'state'"), [$name]);
  rewrite_insert($pdo, "insert into $table ($columns) values ($state'$name', ?)", serialize(time()));
}

/** What tells the two apart from now on. Drupal makes those that are taken away when it needs them; not the key for cron. */
function rewrite_keys_8(PDO $pdo, string $table): int {
  $gone = $pdo->exec("delete from $table where collection = 'state' and name in ('system.private_key', 'system.cron_key', 'search_api_solr.site_hash')");
  rewrite_insert($pdo, "insert into $table (collection, name, value) values ('state', 'system.cron_key', ?)", serialize(rewrite_key()));
  return $gone;
}

function rewrite_keys_7(PDO $pdo, string $table): int {
  $gone = $pdo->exec("delete from $table where name in ('drupal_private_key', 'cron_key', 'apachesolr_site_hash', 'search_api_solr_site_hash')");
  rewrite_insert($pdo, "insert into $table (name, value) values ('cron_key', ?)", serialize(rewrite_key()));
  return $gone;
}

function rewrite_insert(PDO $pdo, string $sql, string $value): void {
  $statement = $pdo->prepare($sql);
  $statement->bindValue(1, $value, PDO::PARAM_LOB);
  $statement->execute();
}

function rewrite_key(): string {
  return rtrim(strtr(base64_encode(random_bytes(55)), '+/', '-_'), '=');
}

/**
 * Seven keeps the path of each file with code in its database and dies of one that is not there, before it could look for it.
 * Modules and themes are found by name, where Seven itself would find them; classes in files that are gone are forgotten.
 */
function rewrite_code_7(PDO $pdo, Closure $t, AegirPlace $place): void {
  $moved = $missing = 0;
  $found = null;
  foreach ($pdo->query("select name, type, filename, status from {$t('system')}")->fetchAll() as $row) {
    if (is_file($row['filename'])) continue;
    $found ??= rewrite_found_7($pdo, $t);
    $to = $found[$row['type']][$row['name']] ?? null;
    if ($to === null) {
      $missing += (int) $row['status'];
      continue;
    }
    rewrite_run($pdo, "delete from {$t('system')} where filename = ? and name <> ?", [$to, $row['name']]);
    rewrite_run($pdo, "update {$t('system')} set filename = ? where filename = ?", [$to, $row['filename']]);
    foreach (['registry', 'registry_file'] as $table) rewrite_directory_7($pdo, $t($table), dirname($row['filename']), dirname($to));
    $moved++;
  }
  $place->did('system.filename (found elsewhere in this code)', $moved);
  $place->did('packages that are enabled and not in this code', $missing);
  $gone = 0;
  foreach (['registry', 'registry_file'] as $table)
    foreach ($pdo->query("select distinct filename from {$t($table)}")->fetchAll(PDO::FETCH_COLUMN) as $filename)
      if (!is_file($filename)) $gone += rewrite_run($pdo, "delete from {$t($table)} where filename = ?", [$filename]);
  $place->did('registry (files that are not in this code)', $gone);
}

function rewrite_directory_7(PDO $pdo, string $table, string $from, string $to): void {
  $select = $pdo->prepare("select distinct filename from $table where filename like ?");
  $select->execute(["$from/%"]);
  foreach ($select->fetchAll(PDO::FETCH_COLUMN) as $filename) {
    $new = $to . substr($filename, strlen($from));
    if (!str_starts_with($filename, "$from/") || !is_file($new)) continue;
    if ($table !== '' && str_ends_with($table, 'registry_file')) rewrite_run($pdo, "delete from $table where filename = ?", [$new]);
    rewrite_run($pdo, "update $table set filename = ? where filename = ?", [$new, $filename]);
  }
}

/** Files by type and name; the later place wins, as in drupal_system_listing(). */
function rewrite_found_7(PDO $pdo, Closure $t): array {
  $profile = aegir_plain_data(aegir_one($pdo, "select value from {$t('variable')} where name = 'install_profile'"));
  $profiles = is_string($profile) && preg_match('/^\w+$/', $profile) ? ["profiles/$profile"] : [];
  $places = ['.', ...$profiles, 'sites/all', "sites/{$GLOBALS['aegir']['site']['directory']}"];
  $found = ['module' => [], 'theme' => [], 'theme_engine' => []];
  foreach ($profiles as $at) if (is_file("$at/$profile.profile")) $found['module'][$profile] = "$at/$profile.profile";
  foreach ($places as $place) foreach (['modules' => ['module', 'module'], 'themes' => ['theme', 'info'], 'themes/engines' => ['theme_engine', 'engine']] as $directory => [$type, $ending]) {
    $at = $place === '.' ? $directory : "$place/$directory";
    if (!is_dir($at)) continue;
    $files = new RecursiveIteratorIterator(new RecursiveDirectoryIterator($at, FilesystemIterator::SKIP_DOTS | FilesystemIterator::FOLLOW_SYMLINKS | FilesystemIterator::CURRENT_AS_PATHNAME), RecursiveIteratorIterator::LEAVES_ONLY, RecursiveIteratorIterator::CATCH_GET_CHILD);
    foreach ($files as $file) if (str_ends_with($file, ".$ending")) $found[$type][basename($file, ".$ending")] = $file;
  }
  return $found;
}
