<?php
aegir_run(function () use ($aegir, $is7) {
  ['title' => $title, 'email' => $email, 'account' => $name, 'variables' => $variables] = $aegir['owner'];
  $password = bin2hex(random_bytes(24));
  $account = $is7 ? user_load(1) : Drupal\user\Entity\User::load(1);
  if (!$account) aegir_fail('not-found', 'the site has no first account', 'Make one: Aegir hands the site over by it.');
  // Another one that is called like it is not its owner's to take.
  if ($name !== null) {
    $other = user_load_by_name($name);
    if ($other && ($is7 ? $other->uid : $other->id()) != 1) aegir_fail('conflict', "another account of the site is called $name", 'Choose another name.');
  }
  foreach ($variables as [$variable, $value]) $is7 ? aegir_set_variable($variable, $value) : aegir_set_config($variable, $value);
  if ($is7) {
    variable_set('site_name', $title);
    variable_set('site_mail', $email);
    user_save($account, ['name' => $name ?? $account->name, 'pass' => $password, 'mail' => $email, 'init' => $email, 'status' => 1]);
    if (db_table_exists('cache_page')) cache_clear_all('*', 'cache_page', true);
    $account = user_load(1, true);
  } else {
    Drupal::configFactory()->getEditable('system.site')->set('name', $title)->set('mail', $email)->save();
    if ($name !== null) $account->setUsername($name);
    $account->setEmail($email)->setPassword($password)->activate()->save();
    // A new password ends sessions, but not where it is set from a command line.
    if (Drupal::database()->schema()->tableExists('sessions')) Drupal::database()->delete('sessions')->condition('uid', 1)->execute();
  }
  return ['path' => parse_url(user_pass_reset_url($account), PHP_URL_PATH) . '/login'];
});

function aegir_set_variable(string $name, mixed $value): void {
  $before = variable_get($name);
  if (is_array($before) || is_object($before)) aegir_fail('invalid', "the variable $name is no single value", 'Leave it out.');
  variable_set($name, is_bool($value) ? (int) $value : $value);
}

/** 'system.site:slogan', which must be there: what is misspelt would be kept, and do nothing. */
function aegir_set_config(string $name, mixed $value): void {
  [$object, $key] = explode(':', $name, 2);
  $config = Drupal::configFactory()->getEditable($object);
  $there = false;
  $before = Drupal\Component\Utility\NestedArray::getValue($config->getRawData(), explode('.', $key), $there);
  if (!$there || is_array($before)) aegir_fail('invalid', "the site has no single value $name in its configuration", 'Leave it out, or enable the module that has it.');
  $config->set($key, $value)->save();
}
