<?php
/** A link of Drupal's own kind, computed as user_pass_rehash() of the version at hand does. */
aegir_run(function () use ($aegir) {
  $site = $aegir['site'];
  aegir_request($site);
  $settings = drupal_settings($site);
  [$pdo, $t] = drupal_open($settings);
  $is7 = drupal_is_7($site);
  $account = login_account($pdo, $is7 ? $t('users') : $t('users_field_data'), $is7, $aegir['user']);
  $now = time();
  $salt = $settings['salt'];
  // Drupal 7 without a salt makes one of its database settings.
  if ($is7 && $salt === '') $salt = hash('sha256', serialize($settings['databases']));
  $data = login_data($is7 ? login_joined_7($site) : login_joined_8($site), $now, $account);
  $hash = strtr(base64_encode(hash_hmac('sha256', $data, $salt . $account['pass'], true)), ['+' => '-', '/' => '_', '=' => '']);
  return ['path' => "/user/reset/{$account['uid']}/$now/$hash/login"];
});

function login_account(PDO $pdo, string $table, bool $is7, ?string $name): array {
  $statement = $pdo->prepare("select uid, name, pass, mail, login, status from $table where " . ($name === null ? 'uid = 1' : 'name = ?') . ($is7 ? '' : ' and default_langcode = 1'));
  $statement->execute($name === null ? [] : [$name]);
  $account = $statement->fetch();
  $who = $name === null ? 'the first account' : "'$name'";
  if ($account === false || (int) $account['uid'] === 0) aegir_fail('not-found', "the site has no account $who", 'Give the name of one that it has.');
  if ((int) $account['status'] !== 1) aegir_fail('invalid', "$who is blocked on this site", 'Give another account, or unblock it there first.');
  return $account;
}

/** Which parts are hashed, and what stands between them: it changed in the course of Drupal 7, so its code is asked. */
function login_joined_7(array $site): array {
  if (!preg_match('/return drupal_hmac_base64\((.*?), drupal_get_hash_salt\(\)/', (string) file_get_contents("{$site['root']}/modules/user/user.module"), $found))
    aegir_fail('application-failed', 'this Drupal 7 makes its login links in an unknown way');
  preg_match_all('/\$(timestamp|login|uid|mail)/', $found[1], $names);
  return [$names[1], str_contains($found[1], "':'") ? ':' : ''];
}

function login_joined_8(array $site): array {
  // 10.2.3 put a colon between the parts.
  return [['timestamp', 'login', 'uid', 'mail'], version_compare(drupal_core_version($site), '10.2.3', '>=') ? ':' : ''];
}

function login_data(array $joined, int $now, array $account): string {
  [$names, $glue] = $joined;
  return implode($glue, array_map(fn (string $name): string => (string) ($name === 'timestamp' ? $now : $account[$name]), $names));
}
