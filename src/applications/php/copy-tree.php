<?php
/**
 * Makes a directory like another, by the user who runs this: copies what is not there or has changed since, removes what
 * went. Asked again, it only looks at what changed meanwhile. Links are copied and never followed.
 *
 * A file that has size and time of its copy and was touched before the copy was made is the same. Times of a change (ctime)
 * cannot be set by anybody, and are compared in whole seconds: one that was changed in the second of its copy is copied anew.
 *
 * With `links` a copy is another name of the same file, where that is possible: for a source that is removed soon, and whose
 * files nobody writes into until then.
 */
final class CopiedTree {
  public int $files = 0;
  public int $bytes = 0;
  public int $removed = 0;
  /** What is neither file, directory nor link: a socket, a pipe. */
  public array $skipped = [];
  public float $heardAt = 0;
}

aegir_run(function () use ($aegir) {
  ['from' => $from, 'to' => $to, 'only' => $only, 'except' => $except, 'links' => $links] = $aegir;
  foreach ([$from, $to] as $path) if (is_link($path) || !is_dir($path)) aegir_fail('not-found', "there is no directory $path");
  $tree = new CopiedTree();
  $roots = ['from' => $from, 'to' => $to, 'except' => array_fill_keys($except, true), 'links' => $links];
  if ($only === null) tree_directory($roots, '', $tree);
  // Those that are given were made before, by whose they are.
  else foreach ($only as $name) {
    if (is_link("$from/$name")) aegir_fail('conflict', "$from/$name is a link, and what it leads to would not be copied", 'Put the directory itself there, or mount it there.');
    if (is_dir("$from/$name")) tree_directory($roots, "/$name", $tree);
  }
  return ['files' => $tree->files, 'bytes' => $tree->bytes, 'removed' => $tree->removed, 'skipped' => array_slice($tree->skipped, 0, 20)];
});

/** What is in one directory, which is there on both sides. */
function tree_directory(array $roots, string $at, CopiedTree $tree): void {
  tree_heard($tree, 0.2);
  $names = tree_names($roots['from'] . $at);
  $gone = array_diff(tree_names($roots['to'] . $at), $names);
  if ($gone !== []) tree_heard($tree, 0);
  foreach ($gone as $name) {
    if (isset($roots['except'][ltrim("$at/$name", '/')])) continue;
    tree_remove("{$roots['to']}$at/$name");
    $tree->removed++;
  }
  foreach ($names as $name) {
    if (isset($roots['except'][ltrim("$at/$name", '/')])) continue;
    $source = @lstat("{$roots['from']}$at/$name");
    if ($source !== false) tree_entry($roots, "$at/$name", $source, $tree); // It may just have been removed.
  }
}

/**
 * Ends when nobody listens any more: then the worker that asked for this is gone, and another may be at it, or may have done with
 * the source. Least of all may anything be removed then.
 */
function tree_heard(CopiedTree $tree, float $everySeconds): void {
  $now = microtime(true);
  if ($now - $tree->heardAt < $everySeconds) return;
  $tree->heardAt = $now;
  if (@fwrite(STDOUT, "\n") === false) exit(1);
}

function tree_entry(array $roots, string $at, array $source, CopiedTree $tree): void {
  [$from, $to] = [$roots['from'] . $at, $roots['to'] . $at];
  $there = @lstat($to);
  $kind = $source['mode'] & 0170000;
  if ($there !== false && ($there['mode'] & 0170000) !== $kind) {
    tree_remove($to);
    $there = false;
  }
  switch ($kind) {
    case 0040000:
      if ($there === false) tree_done(@mkdir($to, 0700) || is_dir($to), $to);
      tree_directory($roots, $at, $tree);
      clearstatcache(); // What was put into it has changed its time.
      tree_like($to, $source, @lstat($to));
      return;
    case 0120000:
      // One that leads into the site's own directory leads into the copy's.
      $target = preg_replace('~^' . preg_quote($roots['from'], '~') . '(?=/|$)~', $roots['to'], readlink($from));
      if ($there !== false && readlink($to) === $target) return;
      if ($there !== false) tree_done(@unlink($to), $to);
      tree_done(@symlink($target, $to), $to);
      return;
    case 0100000:
      // Two names of one file.
      if ($there !== false && $there['ino'] === $source['ino'] && $there['dev'] === $source['dev']) return;
      if ($roots['links'] && tree_link($from, $to, $there !== false, $tree)) return;
      $isSame = $there !== false && $there['size'] === $source['size'] && $there['mtime'] === $source['mtime'] && $source['ctime'] + 1 < $there['ctime'];
      if (!$isSame) tree_file($from, $to, $source, $tree);
      tree_like($to, $source, $isSame ? $there : @lstat($to));
      return;
    default:
      $tree->skipped[] = ltrim($at, '/');
  }
}

/** False where it cannot be: on another disk, or for a file of somebody else. */
function tree_link(string $from, string $to, bool $isThere, CopiedTree $tree): bool {
  if ($isThere) tree_done(@unlink($to), $to);
  if (!@link($from, $to)) return false;
  $tree->files++;
  return true;
}

function tree_file(string $from, string $to, array $source, CopiedTree $tree): void {
  // A copy that is read-only could not be written over.
  if (file_exists($to) && !is_writable($to)) @unlink($to);
  if (!@copy($from, $to)) {
    if (!file_exists($from)) return;
    if (!is_readable($from)) aegir_fail('application-failed', "$from cannot be read by " . tree_user(), 'Give it the mode and owner of the files beside it.');
    tree_done(false, $to);
  }
  clearstatcache(); // It remembers what was there before.
  $tree->files++;
  $tree->bytes += $source['size'];
}

/** Mode, group and time of the source. What others made (the site's own directories) has its mode, and is left alone. */
function tree_like(string $to, array $source, array|false $there): void {
  if ($there === false) return;
  if ($there['uid'] !== posix_geteuid()) return;
  // The group first: changing it takes the set-group bit away.
  if ($there['gid'] !== $source['gid'] && !@chgrp($to, $source['gid'])) {
    $group = posix_getgrgid($source['gid'])['name'] ?? (string) $source['gid'];
    aegir_fail('application-failed', "$to cannot be given to the group $group by " . tree_user(), "Make that user a member of $group, or give the source to another group.");
  }
  if (($there['mode'] & 07777) !== ($source['mode'] & 07777) || $there['gid'] !== $source['gid']) tree_done(@chmod($to, $source['mode'] & 07777), $to);
  if ($there['mtime'] !== $source['mtime']) tree_done(@touch($to, $source['mtime']), $to);
}
