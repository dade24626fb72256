<?php
/**
 * Makes a directory ready for what comes from another server (tree-travel.ts): what is not there goes, directories and links are
 * made. Names are in octal escapes. Asked again, it finds what it has done.
 */
aegir_run(function () use ($aegir) {
  $top = $aegir['path'];
  if (is_link($top) || !is_dir($top)) aegir_fail('not-found', "there is no directory $top");
  $at = fn (string $name) => $top . substr(fit_plain($name), 1);
  foreach ($aegir['gone'] as $name) tree_remove($at($name), 'fit_heard');
  foreach ($aegir['directories'] as $name) tree_done(@mkdir($at($name), 0700) || is_dir($at($name)), $at($name));
  foreach ($aegir['links'] as [$name, $target]) {
    $path = $at($name);
    $to = str_replace('@@', '@', preg_replace('~^@(?=/|$)~', $top, fit_plain($target)));
    if (is_link($path) && readlink($path) === $to) continue;
    if (file_exists($path) || is_link($path)) tree_remove($path, 'fit_heard');
    tree_done(@symlink($to, $path), $path);
  }
  return [];
});

function fit_plain(string $name): string {
  return preg_replace_callback('~\\\\([0-7]{3})~', fn ($found) => chr(octdec($found[1])), $name);
}

/** Ends when nobody listens any more: another worker may be at it then. */
function fit_heard(): void {
  if (@fwrite(STDOUT, "\n") === false) exit(1);
}
