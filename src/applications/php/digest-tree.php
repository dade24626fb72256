<?php
/**
 * A line for each directory of a tree: a digest of what is right in it, and its name as in list-tree.php. Two that are alike have the
 * same. Times of directories do not count, as whatever is put into one changes them.
 */
aegir_run(function () use ($aegir) {
  ['path' => $top, 'except' => $except] = $aegir;
  if (is_link($top) || !is_dir($top)) aegir_fail('not-found', "there is no directory $top");
  $lines = '';
  digest_directory($top, '', array_fill_keys($except, true), $lines);
  return ['lines' => base64_encode(gzencode($lines, 1))];
});

function digest_directory(string $top, string $at, array $except, string &$lines): void {
  $names = @scandir($top . $at);
  if ($names === false && !is_dir($top . $at)) return; // It may just have been removed.
  if ($names === false) list_unread($top . $at);
  $text = '';
  foreach ($names as $name) {
    if ($name === '.' || $name === '..' || list_is_left_out($except, $at, $name)) continue;
    $stat = @lstat("$top$at/$name");
    if ($stat === false) continue;
    $kind = $stat['mode'] & 0170000;
    $rights = ($stat['mode'] & 07777) . ' ' . digest_group($stat['gid']);
    if ($kind === 0100000) $text .= "f $rights {$stat['size']} {$stat['mtime']} $name\0";
    elseif ($kind === 0120000) $text .= 'l ' . list_target("$top$at/$name", $top) . " $name\0";
    elseif ($kind === 0040000) {
      $text .= "d $rights $name\0";
      digest_directory($top, "$at/$name", $except, $lines);
    }
  }
  $lines .= hash('sha256', $text) . ' .' . list_escaped($at) . "\n";
}

function digest_group(int $gid): string {
  static $groups = [];
  return $groups[$gid] ??= posix_getgrgid($gid)['name'] ?? (string) $gid;
}
