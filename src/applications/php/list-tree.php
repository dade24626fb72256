<?php
/**
 * What is in a directory, for who compares it with another on another server (tree-travel.ts). A line for each:
 * kind, bytes, time, mode, group, 1 where it may have changed since, 1 where it is this user's, name, target of a link.
 * Names are in octal escapes as tar reads them, so that any byte may be in them; `.` begins each.
 *
 * `within` names directories of which only what is right in them is listed.
 * `since` is in seconds of this server's clock. Times of a change (ctime) cannot be set by anybody; null: all may have changed.
 */
aegir_run(function () use ($aegir) {
  ['path' => $path, 'only' => $only, 'except' => $except, 'since' => $since] = $aegir;
  $within = $aegir['within'] ?? null;
  $now = time();
  if (is_link($path) || !is_dir($path)) aegir_fail('not-found', "there is no directory $path");
  $list = new ListedTree($path, array_fill_keys($except, true), $since, $within === null);
  if ($within !== null) foreach ($within as $name) $list->directory(substr(list_plain($name), 1));
  elseif ($only === null) $list->directory('');
  else foreach ($only as $name) {
    if (is_link("$path/$name")) aegir_fail('conflict', "$path/$name is a link, and what it leads to would not be copied", 'Put the directory itself there, or mount it there.');
    if (is_dir("$path/$name")) $list->directory("/$name");
  }
  $user = posix_geteuid();
  return [
    'now' => $now, 'user' => (posix_getpwuid($user)['name'] ?? $user) . ":$user",
    'skipped' => array_slice($list->skipped, 0, 20), 'lines' => base64_encode(gzencode($list->lines, 1)),
  ];
});

final class ListedTree {
  public string $lines = '';
  /** What is neither file, directory nor link: a socket, a pipe. */
  public array $skipped = [];
  private array $groups = [];
  /** Asked once: of twenty thousand files each question to the kernel counts. */
  private int $user;

  public function __construct(private string $top, private array $except, private ?int $since, private bool $isDeep) {
    $this->user = posix_geteuid();
  }

  public function directory(string $at): void {
    $names = @scandir($this->top . $at, SCANDIR_SORT_NONE);
    if ($names === false && !is_dir($this->top . $at)) return; // It may just have been removed.
    if ($names === false) list_unread($this->top . $at);
    foreach (array_diff($names, ['.', '..']) as $name)
      if (!list_is_left_out($this->except, $at, $name)) $this->entry("$at/$name");
  }

  private function entry(string $at): void {
    $path = $this->top . $at;
    $stat = @lstat($path);
    if ($stat === false) return;
    $kind = [0040000 => 'd', 0100000 => 'f', 0120000 => 'l'][$stat['mode'] & 0170000] ?? null;
    if ($kind === null) {
      $this->skipped[] = ltrim($at, '/');
      return;
    }
    $isOwn = $stat['uid'] === $this->user;
    // Of our own its mode says so.
    if ($kind === 'f' && !($isOwn && ($stat['mode'] & 0400)) && !is_readable($path)) list_unread($path);
    $target = $kind === 'l' ? list_target($path, $this->top) : '';
    $isFresh = $this->since === null || $stat['ctime'] >= $this->since;
    $this->lines .= implode(' ', [
      $kind, $kind === 'f' ? $stat['size'] : 0, $stat['mtime'], sprintf('%04o', $stat['mode'] & 07777), $this->group($stat['gid']),
      (int) $isFresh, (int) $isOwn, '.' . list_escaped($at), list_escaped($target),
    ]) . "\n";
    if ($kind === 'd' && $this->isDeep) $this->directory($at);
  }

  private function group(int $gid): string {
    return $this->groups[$gid] ??= list_escaped(posix_getgrgid($gid)['name'] ?? (string) $gid);
  }
}
