<?php
/** Reads the settings of sites that are not ours yet. Each in a process of its own: one that dies or hangs harms no other. */
aegir_run(function () use ($aegir) {
  $sites = [];
  foreach ($aegir['directories'] as $directory) $sites[] = ['directory' => $directory] + found_apart($aegir['root'], $directory, $aegir['wordpress']);
  return ['sites' => $sites];
});

function found_apart(string $root, string $directory, bool $wordpress): array {
  [$ours, $theirs] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, STREAM_IPPROTO_IP);
  $child = pcntl_fork();
  if ($child === 0) {
    $GLOBALS['aegir_said'] = true;
    pcntl_alarm(20);
    fclose($ours);
    try {
      $found = $wordpress ? found_in_wordpress($root, $directory) : found_in_drupal($root, $directory);
    } catch (Throwable) {
      $found = ['database' => null, 'hashSalt' => null];
    }
    fwrite($theirs, json_encode($found, JSON_INVALID_UTF8_SUBSTITUTE));
    fclose($theirs);
    while (ob_get_level() > 0) ob_end_clean();
    posix_kill(posix_getpid(), SIGKILL);
  }
  fclose($theirs);
  $said = stream_get_contents($ours, 65536);
  fclose($ours);
  pcntl_waitpid($child, $status);
  $found = json_decode((string) $said, true);
  return is_array($found) ? $found : ['database' => null, 'hashSalt' => null];
}

function found_in_drupal(string $root, string $directory): array {
  chdir($root);
  $site = ['root' => $root, 'directory' => $directory];
  $settings = drupal_settings($site);
  $d = $settings['database'];
  if (empty($d['driver']) || empty($d['database'])) return ['database' => null, 'hashSalt' => null];
  $port = is_numeric($d['port'] ?? '') ? (int) $d['port'] : null;
  $name = $d['driver'] === 'sqlite' && $d['database'][0] !== '/' ? "$root/{$d['database']}" : $d['database'];
  return ['database' => ['driver' => $d['driver'], 'name' => $name, 'user' => $d['username'] ?? '', 'password' => $d['password'] ?? '',
    'host' => $d['host'] ?? '', 'port' => $port], 'hashSalt' => $settings['salt'] === '' ? null : $settings['salt']];
}

/** Only its own lines are evaluated, not those that start WordPress. */
function found_in_wordpress(string $root, string $directory): array {
  define('ABSPATH', "$root/");
  $text = preg_replace('~^.*\bwp-settings\.php.*$~m', '', file_get_contents("$root/sites/$directory/wp-config.php"));
  eval('?>' . $text);
  $name = defined('DB_NAME') ? constant('DB_NAME') : '';
  if ($name === '') return ['database' => null, 'hashSalt' => null];
  [$host, $port] = explode(':', constant('DB_HOST') . ':', 3);
  return ['database' => ['driver' => 'mysql', 'name' => $name, 'user' => constant('DB_USER'), 'password' => constant('DB_PASSWORD'),
    'host' => $host, 'port' => is_numeric($port) ? (int) $port : null], 'hashSalt' => null];
}
