<?php
aegir_run(function () use ($aegir, $site) {
  $name = $aegir['user'];
  $who = $name === null ? 'the first account' : "'$name'";
  $account = $name === null ? aegir_first_administrator() : get_user_by('login', $name);
  if (!$account) aegir_fail('not-found', "the site has no account $who", 'Give the name of one that it has.');
  aegir_demand_login();
  aegir_forget_logins(false);
  return ['path' => aegir_login_path($account)];
});
