<?php
/**
 * What has arrived in the directory `arriving` takes its place in the directory around it, each file at once: whoever reads it meanwhile
 * has the old one or the new. With `begin` the place is only made ready for what is to come. Asked again, it goes on.
 */
aegir_run(function () use ($aegir) {
  ['path' => $top, 'arriving' => $name, 'begin' => $begin] = $aegir;
  if (is_link($top) || !is_dir($top)) aegir_fail('not-found', "there is no directory $top");
  if ($begin) {
    tree_remove("$top/$name");
    tree_done(@mkdir("$top/$name", 0700), "$top/$name");
  } else {
    place_directory("$top/$name", $top);
    tree_remove("$top/$name");
  }
  return [];
});

function place_directory(string $from, string $to): void {
  foreach (array_diff(@scandir($from) ?: [], ['.', '..']) as $name) {
    [$source, $target] = ["$from/$name", "$to/$name"];
    $isDirectory = is_dir($source) && !is_link($source);
    $wasDirectory = is_dir($target) && !is_link($target);
    if ($isDirectory !== $wasDirectory && (file_exists($target) || is_link($target))) tree_remove($target);
    if (!$isDirectory || !$wasDirectory) tree_done(@rename($source, $target), $target);
    else {
      place_directory($source, $target);
      place_like($source, $target);
    }
  }
}

/** Mode, group and time; what somebody else has made keeps its own. The group first: changing it takes the set-group bit away. */
function place_like(string $source, string $target): void {
  clearstatcache();
  [$wanted, $there] = [lstat($source), lstat($target)];
  if ($there['uid'] !== posix_geteuid()) return;
  if ($there['gid'] !== $wanted['gid']) tree_done(@chgrp($target, $wanted['gid']), $target);
  tree_done(@chmod($target, $wanted['mode'] & 07777) && @touch($target, $wanted['mtime']), $target);
}
