<?php
aegir_run(function () use ($aegir, $is7) {
  ['title' => $title, 'email' => $email] = $aegir['owner'];
  $password = bin2hex(random_bytes(24));
  $account = $is7 ? user_load(1) : Drupal\user\Entity\User::load(1);
  if (!$account) aegir_fail('not-found', 'the site has no first account', 'Make one: Aegir hands the site over by it.');
  if ($is7) {
    variable_set('site_name', $title);
    variable_set('site_mail', $email);
    user_save($account, ['pass' => $password, 'mail' => $email, 'init' => $email, 'status' => 1]);
    if (db_table_exists('cache_page')) cache_clear_all('*', 'cache_page', true);
    $account = user_load(1, true);
  } else {
    Drupal::configFactory()->getEditable('system.site')->set('name', $title)->set('mail', $email)->save();
    $account->setEmail($email)->setPassword($password)->activate()->save();
    // A new password ends sessions, but not where it is set from a command line.
    if (Drupal::database()->schema()->tableExists('sessions')) Drupal::database()->delete('sessions')->condition('uid', 1)->execute();
  }
  return ['path' => parse_url(user_pass_reset_url($account), PHP_URL_PATH) . '/login'];
});
