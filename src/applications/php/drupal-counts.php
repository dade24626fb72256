<?php
aegir_run(function () use ($aegir) {
  $site = $aegir['site'];
  aegir_request($site);
  [$pdo, $t] = drupal_open(drupal_settings($site));
  $tables = aegir_tables($pdo);
  $users = drupal_is_7($site) ? $t('users') : $t('users_field_data');
  $own = drupal_is_7($site) ? '' : ' and default_langcode = 1';
  $count = fn (string $table, string $where = ''): int => in_array($table, $tables, true) ? (int) aegir_one($pdo, "select count(*) from $table$where") : 0;
  return [
    'usersRegistered' => $count($users, " where uid > 0$own"),
    // Who has been there within 30 days; 'access' is a word of SQL, hence the alias.
    'usersActive' => $count("$users", " u where u.uid > 0$own and u.access > " . (time() - 30 * 86400)),
    'posts' => $count($t('node')),
    'comments' => $count($t('comment')),
  ];
});
