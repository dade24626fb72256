<?php
/** Lists pending updates, or runs them. $aegir['run'] says which. */
aegir_run(function () use ($aegir, $is7, $site) {
  foreach (['install', 'update', 'batch'] as $part) require_once $site['root'] . ($is7 ? '' : '/core') . "/includes/$part.inc";
  drupal_load_updates();
  if ($is7 && $aegir['run']) update_fix_compatibility();
  $pending = updates_pending($is7);
  if (!$aegir['run']) return ['updates' => $pending];
  updates_check_requirements($is7);
  $schema = updates_in_order();
  $was = $is7 ? variable_get('maintenance_mode', 0) : Drupal::state()->get('system.maintenance_mode');
  // Ours, first: updates switch it off themselves otherwise, even when they have failed.
  $is7 ? variable_set('maintenance_mode', 1) : Drupal::state()->set('system.maintenance_mode', true);
  $ran = [];
  if ($pending !== []) {
    updates_run_schema($is7, $schema, $ran);
    if (!$is7) updates_run_post($ran);
  }
  updates_doing('the caches could not be made anew after the updates', $ran);
  drupal_flush_all_caches();
  $left = updates_pending($is7);
  if ($left !== []) {
    updates_doing('', $ran);
    aegir_fail('application-failed', 'these updates are still pending after all of them ran: ' . implode(', ', array_map(fn ($one) => "{$one['package']} {$one['update']}", $left)));
  }
  $is7 ? variable_set('maintenance_mode', $was) : Drupal::state()->set('system.maintenance_mode', (bool) $was);
  // As in drupal-rewrite.php: what was updated may be a copy that is only looked at, and a page that is asked for can run cron.
  $is7 ? variable_set('cron_last', time()) : Drupal::state()->set('system.cron_last', time());
  return ['updates' => $pending];
});

function updates_pending(bool $is7): array {
  $pending = [];
  foreach (update_get_update_list() as $package => $updates) {
    if (!empty($updates['warning'])) aegir_fail('application-failed', "$package: " . aegir_plain((string) $updates['warning']));
    foreach ($updates['pending'] ?? [] as $number => $text)
      $pending[] = ['package' => (string) $package, 'update' => (string) $number, 'description' => aegir_plain((string) $text)];
  }
  if ($is7) return $pending;
  foreach (Drupal::service('update.post_update_registry')->getPendingUpdateInformation() as $package => $updates)
    foreach ($updates['pending'] ?? [] as $name => $text)
      $pending[] = ['package' => (string) $package, 'update' => "post_update_$name", 'description' => aegir_plain((string) $text)];
  return $pending;
}

function updates_check_requirements(bool $is7): void {
  $requirements = $is7 ? module_invoke_all('requirements', 'update') : update_check_requirements();
  $said = [];
  foreach ($requirements as $one) {
    $severity = is_object($one['severity'] ?? 0) ? $one['severity']->value : ($one['severity'] ?? 0);
    if ($severity != 2) continue;
    $text = $one['description'] ?? $one['value'] ?? '';
    if (is_array($text) && !$is7) $text = updates_text($text);
    $said[] = aegir_plain((string) ($one['title'] ?? '') . ': ' . (string) $text);
  }
  if ($said !== []) aegir_fail('application-failed', 'the site does not meet what its updates require: ' . implode('; ', $said));
}

/** What is missing or unfit is listed in 'value', not told in 'description'. */
function updates_text(array $element): string {
  $element = $element['list'] ?? $element;
  $renderer = Drupal::service('renderer');
  // 10.3 gave it its name without 'Plain'.
  return (string) (method_exists($renderer, 'renderInIsolation') ? $renderer->renderInIsolation($element) : $renderer->renderPlain($element));
}

/** What another update must precede stands behind it. Nothing has run yet when one is found that cannot. */
function updates_in_order(): array {
  $start = [];
  foreach (update_get_update_list() as $package => $updates) if (isset($updates['start'])) $start[$package] = $updates['start'];
  $order = update_resolve_dependencies($start);
  $bad = array_filter($order, fn (array $update): bool => !$update['allowed']);
  $said = array_map(fn (array $update): string => "update {$update['number']} of {$update['module']} needs " . (implode(', ', $update['missing_dependencies'] ?? []) ?: 'one that cannot run'), $bad);
  if ($said !== []) aegir_fail('application-failed', implode('; ', $said) . ', and that is not there', 'Put the code that has it onto the platform. Nothing was updated.');
  return $order;
}

function updates_run_schema(bool $is7, array $order, array &$ran): void {
  $begun = $results = [];
  foreach ($order as $update) {
    ['module' => $package, 'number' => $number] = $update;
    updates_doing("update $number of $package failed", $ran);
    if (!isset($begun[$package])) {
      $begun[$package] = true;
      $is7 ? drupal_set_installed_schema_version($package, $number - 1) : Drupal::service('update.update_hook_registry')->setInstalledVersion($package, $number - 1);
    }
    $context = ['sandbox' => [], 'results' => &$results, 'finished' => 1, 'message' => ''];
    do {
      $context['finished'] = 1;
      update_do_one($package, $number, array_keys($update['reverse_paths'] ?? []), $context);
    } while ($context['finished'] < 1);
    updates_fail_if_aborted($results);
    $ran[] = "$package $number";
  }
}

function updates_run_post(array &$ran): void {
  updates_doing('the caches could not be made anew between the updates', $ran);
  drupal_flush_all_caches();
  $results = [];
  foreach (Drupal::service('update.post_update_registry')->getPendingUpdateFunctions() as $function) {
    updates_doing("$function failed", $ran);
    $context = ['sandbox' => [], 'results' => &$results, 'finished' => 1, 'message' => ''];
    do {
      $context['finished'] = 1;
      update_invoke_post_update($function, $context);
    } while ($context['finished'] < 1);
    updates_fail_if_aborted($results);
    $ran[] = $function;
  }
}

/** Whatever ends it from here on, also an error that core does not catch, is said with its name and with what it comes after. */
function updates_doing(string $what, array $ran): void {
  $more = count($ran) - 12;
  $list = implode(', ', array_slice($ran, -12)) . ($more > 0 ? " and $more earlier ones" : '');
  aegir_doing($what === '' ? '' : "$what: ", $ran === [] ? '; no update ran before it' : "; before it ran $list", 'The site is left in maintenance mode. Mend the cause and run its updates again, or restore a backup.');
}

function updates_fail_if_aborted(array $results): void {
  if (empty($results['#abort'])) return;
  $said = [];
  array_walk_recursive($results, function ($value, $key) use (&$said) { if ($key === 'query' && (is_string($value) || $value instanceof Stringable)) $said[] = aegir_plain((string) $value); });
  aegir_fail('application-failed', implode('; ', array_slice($said, -1)));
}
