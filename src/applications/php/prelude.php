<?php
/**
 * Begins every script. PHP reads it from its standard input with $aegir before it: what to do, as data.
 * The answer is one JSON object on the last line; whatever the site's code prints goes nowhere.
 */
ini_set('display_errors', '0');
ini_set('log_errors', '0');
ini_set('memory_limit', '-1');
error_reporting(E_ALL & ~E_DEPRECATED & ~E_USER_DEPRECATED & ~E_NOTICE & ~E_WARNING & ~E_STRICT);
umask(0002);
date_default_timezone_set(@date_default_timezone_get() ?: 'UTC');
aegir_end_after($aegir['seconds'] + intdiv($aegir['alone']['waitMs'] ?? 0, 1_000));
foreach (['STDIN' => 'r', 'STDOUT' => 'w', 'STDERR' => 'w'] as $name => $mode)
  if (!defined($name)) define($name, fopen('php://' . strtolower($name), $mode));
define('AEGIR_TOOL', true);

/** We may not be allowed to kill this process from outside, so it ends itself: by SIGALRM, which tool.ts knows. */
function aegir_end_after(int $seconds): void {
  if (function_exists('pcntl_alarm')) pcntl_alarm($seconds);
}

final class AegirFailure extends Exception {
  public function __construct(public readonly string $kind, string $message, public readonly string $hint = '') {
    parent::__construct($message);
  }
}

/** Ends a script with a reason that a person can do something about. $kind is a code of Problem. */
function aegir_fail(string $kind, string $message, string $hint = ''): never {
  throw new AegirFailure($kind, $message, $hint);
}

/** Says the answer and ends at once: no shutdown function of the site's may run after it. */
function aegir_say(array $said): void {
  global $aegir_said;
  if ($aegir_said) return;
  $aegir_said = true;
  $flags = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE | JSON_PARTIAL_OUTPUT_ON_ERROR;
  fwrite(STDOUT, "\n" . json_encode($said, $flags) . "\n");
}

function aegir_plain(string $text): string {
  $text = preg_replace('~<(style|script|head)\b.*?</\1>~is', ' ', $text);
  return trim(mb_strcut(preg_replace('/\s+/', ' ', html_entity_decode(strip_tags($text))), 0, 1500));
}

/** The end of what the site's code has printed until now. */
function aegir_printed(): string {
  $all = '';
  for ($level = ob_get_level(); $level > 0; $level--) $all = ob_get_clean() . $all;
  ob_start();
  return mb_strcut(aegir_plain(mb_substr($all, -4000)), 0, 1500);
}

/** What the site's code is at work with: should it die of that, these words stand around its last ones. The hint says what to do then. */
function aegir_doing(string $before = '', string $after = '', string $hint = ''): void {
  $GLOBALS['aegir_doing'] = [$before, $after, $hint];
}

function aegir_say_failed(string $message, string $where, string $kind = 'application-failed', string $hint = ''): void {
  [$before, $after, $doingHint] = $GLOBALS['aegir_doing'] ?? ['', '', ''];
  aegir_say(['ok' => false, 'kind' => $kind, 'hint' => $hint ?: $doingHint, 'message' => $before . aegir_plain($message) . $where . $after]);
}

function aegir_failed(Throwable $error): void {
  if ($error instanceof AegirFailure) aegir_say_failed($error->getMessage(), '', $error->kind, $error->hint);
  else aegir_say_failed($error->getMessage(), sprintf(' (%s, %s:%d)', get_class($error), aegir_file($error->getFile()), $error->getLine()));
}

/** Below the platform's root, which is where we are. */
function aegir_file(string $path): string {
  $root = getcwd() . '/';
  return str_starts_with($path, $root) ? substr($path, strlen($root)) : basename($path);
}

ob_start();
register_shutdown_function(function () {
  global $aegir_said;
  if ($aegir_said) return;
  $error = error_get_last();
  $fatal = $error !== null && ($error['type'] & (E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR | E_USER_ERROR | E_RECOVERABLE_ERROR));
  $printed = '';
  while (ob_get_level() > 0) $printed = ob_get_clean() . $printed;
  if ($fatal) aegir_say_failed($error['message'], sprintf(' (%s:%d)', aegir_file($error['file']), $error['line']));
  elseif (isset($GLOBALS['aegir_may_end'])) aegir_say(['ok' => true, 'answer' => $GLOBALS['aegir_may_end']]);
  else aegir_say_failed('its code ended before it was done' . ($printed === '' ? '' : ': ' . $printed), '');
});

/** What the web server passes to PHP for this site, and what a request for its front page looks like. */
function aegir_request(array $site, string $script = '/index.php'): void {
  $https = $site['scheme'] === 'https';
  $hostWithPort = $site['host'] . ($site['port'] === null ? '' : ':' . $site['port']);
  $request = ['HTTP_HOST' => $hostWithPort, 'SERVER_NAME' => $site['host'],
    'SERVER_PORT' => (string) ($site['port'] ?? ($https ? 443 : 80)), 'SERVER_PROTOCOL' => 'HTTP/1.1',
    'SERVER_SOFTWARE' => 'aegir', 'REMOTE_ADDR' => '127.0.0.1', 'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/',
    'QUERY_STRING' => '', 'SCRIPT_NAME' => $script, 'PHP_SELF' => $script, 'SCRIPT_FILENAME' => $site['root'] . $script,
    'DOCUMENT_ROOT' => $site['root'], 'HTTP_USER_AGENT' => 'aegir', 'AEGIR_SITE_DIR' => $site['directory']];
  foreach ($site['database'] as $key => $value) $request['AEGIR_DB_' . strtoupper($key)] = (string) $value;
  foreach ($request as $key => $value) $_SERVER[$key] = $value;
  if ($https) $_SERVER['HTTPS'] = 'on';
  foreach (['argv', 'argc'] as $key) unset($_SERVER[$key]);
  if (!is_dir($site['root'])) aegir_fail('not-found', "there is no directory {$site['root']}", 'Verify the platform.');
  chdir($site['root']);
}

/** Runs a script's own part and says what it returns. */
function aegir_run(Closure $part): void {
  try {
    $answer = $part();
    aegir_say(['ok' => true, 'answer' => $answer]);
  } catch (Throwable $error) {
    aegir_failed($error);
  }
  while (ob_get_level() > 0) @ob_end_clean() || ob_end_flush();
}

/**
 * Waits until no other script is at work in the site's directory, and keeps all that come here waiting until this process
 * ends, however it ends. PHP goes on when its worker is killed: so it and what the next worker starts never meet.
 *
 * The lock is on the directory itself: every user that runs scripts can open it, it stays the same when the directory is
 * moved, nothing is left behind, and Aegir's own user takes it with flock(1) before it removes a site.
 */
function aegir_alone(string $directory, int $waitMs): void {
  static $held; // Closing it would free the lock.
  $until = hrtime(true) + $waitMs * 1_000_000;
  do {
    // 'e': a program that the site's code starts and leaves behind does not keep the lock.
    $held = @fopen($directory, 're');
    clearstatcache();
    if (!$held && is_dir($directory))
      aegir_fail('application-failed', "the site's user may not read $directory", 'Verify the site: that repairs its permissions.');
    // What has no directory yet, or none any more, has nobody at work in it.
  } while ($held && !aegir_lock($held, $directory, $until));
  // Who asked is gone: somebody else may have done the same meanwhile, or put everything back.
  if (@fwrite(STDOUT, "\n") === false) exit;
}

/** False where it was moved or removed while we waited: another one may be there now. */
function aegir_lock($opened, string $directory, int $until): bool {
  while (!flock($opened, LOCK_EX | LOCK_NB, $busy)) {
    if (!$busy)
      aegir_fail('application-failed', "$directory cannot be locked", 'Its file system must know locks on directories; NFS does not.');
    if (hrtime(true) > $until)
      aegir_fail('timeout', "another script was still at work in $directory", "A task that was lost may have left it running. See which: fuser -v $directory; end it if it hangs, then run the task again.");
    usleep(50_000);
  }
  clearstatcache();
  $now = @stat($directory);
  $locked = fstat($opened);
  return $now !== false && [$now['dev'], $now['ino']] === [$locked['dev'], $locked['ino']];
}

if (isset($aegir['alone'])) {
  try {
    aegir_alone($aegir['alone']['directory'], $aegir['alone']['waitMs']);
    aegir_end_after($aegir['seconds']);
  } catch (Throwable $error) {
    aegir_failed($error);
    exit;
  }
}
