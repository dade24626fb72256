<?php
/**
 * Errors in the log that WordPress keeps when its settings (WP_DEBUG and WP_DEBUG_LOG) name a file for it. Without a name it is
 * wp-content/debug.log, which all sites of a platform have in common: whose errors are in it nobody can tell, so it is not read.
 */
aegir_run(function () use ($aegir) {
  $site = $aegir['site'];
  aegir_request($site);
  $directory = "{$site['root']}/sites/{$site['directory']}";
  define('ABSPATH', "{$site['root']}/");
  if (is_readable("$directory/wp-config.php")) include "$directory/wp-config.php";
  $path = defined('WP_DEBUG') && WP_DEBUG && defined('WP_DEBUG_LOG') ? WP_DEBUG_LOG : null;
  if (!is_string($path) || !is_file($path) || !is_readable($path)) return ['problems' => []];
  $file = fopen($path, 'r');
  fseek($file, max(0, filesize($path) - 1024 * 1024));
  $times = [];
  while (($line = fgets($file)) !== false) {
    if (!preg_match('/^\[([^\]]{10,40})\] (PHP (?:Fatal|Parse|Recoverable fatal) error: .*|WordPress database error .*)$/', rtrim($line), $found)) continue;
    if (($time = strtotime($found[1])) === false || $time < $aegir['since']) continue;
    $said = mb_strcut(aegir_plain($found[2]), 0, 500);
    $count = ($times[$said] ?? 0) + 1;
    unset($times[$said]);
    $times[$said] = $count;
  }
  $problems = [];
  foreach (array_slice(array_reverse($times, true), 0, 50, true) as $said => $count) $problems[] = $said . ($count > 1 ? " ($count times)" : '');
  return ['problems' => $problems];
});
