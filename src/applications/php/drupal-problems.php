<?php
/** What Drupal's own log has of errors (severity 0 to 3; errors of PHP are among them) since a time in seconds. It keeps one only with its module dblog. */
aegir_run(function () use ($aegir) {
  $site = $aegir['site'];
  aegir_request($site);
  [$pdo, $t] = drupal_open(drupal_settings($site));
  if (!in_array($t('watchdog'), aegir_tables($pdo), true)) return ['problems' => []];
  $rows = $pdo->prepare("select type, message, variables from {$t('watchdog')} where severity <= 3 and timestamp >= ? order by wid desc limit 500");
  $rows->execute([$aegir['since']]);
  $times = [];
  foreach ($rows->fetchAll() as $row) {
    $variables = aegir_plain_data(is_resource($row['variables']) ? stream_get_contents($row['variables']) : $row['variables']);
    $words = [];
    foreach (is_array($variables) ? $variables : [] as $key => $value)
      if (preg_match('/^[!@%:]/', (string) $key)) $words[$key] = is_scalar($value) && $key !== '@backtrace_string' ? (string) $value : '';
    $said = mb_strcut($row['type'] . ': ' . aegir_plain(strtr((string) $row['message'], $words)), 0, 500);
    $times[$said] = ($times[$said] ?? 0) + 1;
  }
  $problems = [];
  foreach (array_slice($times, 0, 50, true) as $said => $count) $problems[] = $said . ($count > 1 ? " ($count times)" : '');
  return ['problems' => $problems];
});
