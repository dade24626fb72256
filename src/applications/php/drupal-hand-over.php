<?php
aegir_run(function () use ($aegir, $is7) {
  ['title' => $title, 'email' => $email] = $aegir['owner'];
  $password = bin2hex(random_bytes(24));
  if ($is7) {
    variable_set('site_name', $title);
    variable_set('site_mail', $email);
    $account = user_load(1);
    if (!$account) aegir_fail('not-found', 'the site has no first account', 'Make one: Aegir hands the site over by it.');
    user_save($account, ['pass' => $password, 'mail' => $email, 'init' => $email, 'status' => 1]);
    if (db_table_exists('cache_page')) cache_clear_all('*', 'cache_page', true);
    return [];
  }
  Drupal::configFactory()->getEditable('system.site')->set('name', $title)->set('mail', $email)->save();
  $account = Drupal\user\Entity\User::load(1);
  if (!$account) aegir_fail('not-found', 'the site has no first account', 'Make one: Aegir hands the site over by it.');
  $account->setEmail($email)->setPassword($password)->activate()->save();
  // A new password ends sessions, but not where it is set from a command line.
  if (Drupal::database()->schema()->tableExists('sessions')) Drupal::database()->delete('sessions')->condition('uid', 1)->execute();
  return [];
});
