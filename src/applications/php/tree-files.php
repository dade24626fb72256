<?php
/** What is done with the files of a tree, by the user who runs this; failures are explained. */
function tree_names(string $directory): array {
  $names = @scandir($directory, SCANDIR_SORT_NONE);
  if ($names === false) aegir_fail('application-failed', "$directory cannot be read by " . tree_user(), 'Give it the mode and owner of the directories beside it.');
  return array_diff($names, ['.', '..']);
}

/** `$before` is called before each. */
function tree_remove(string $path, ?callable $before = null): void {
  if ($before) $before();
  clearstatcache();
  if (is_link($path) || !is_dir($path)) {
    tree_done(@unlink($path) || !file_exists($path), $path);
    return;
  }
  foreach (tree_names($path) as $name) tree_remove("$path/$name", $before);
  tree_done(@rmdir($path) || !is_dir($path), $path);
}

function tree_user(): string {
  return posix_getpwuid(posix_geteuid())['name'] ?? 'this user';
}

function tree_done(bool $done, string $path): void {
  if ($done) return;
  $said = error_get_last()['message'] ?? '';
  $isFull = str_contains($said, 'No space left') || str_contains($said, 'quota exceeded') || (is_dir(dirname($path)) && disk_free_space(dirname($path)) < 1024 * 1024);
  if ($isFull) aegir_fail('disk-full', "no space is left for $path", 'Make room on that file system, then run the task again.');
  aegir_fail('application-failed', "$path cannot be written by " . tree_user() . ($said === '' ? '' : ": $said"));
}
