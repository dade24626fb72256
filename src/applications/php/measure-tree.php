<?php
/** How much there is to copy, as far as this user may look: number of files, and bytes as they are counted on a disk; also in each of `apart`. */
aegir_run(function () use ($aegir) {
  $found = ['files' => 0, 'bytes' => 0];
  measure_below($aegir['path'], $found);
  $apart = array_map(function (string $name) use ($aegir) {
    $part = ['files' => 0, 'bytes' => 0];
    measure_below("{$aegir['path']}/$name", $part);
    return $part['bytes'];
  }, $aegir['apart']);
  return $found + ['apart' => $apart];
});

function measure_below(string $path, array &$found): void {
  foreach (@scandir($path, SCANDIR_SORT_NONE) ?: [] as $name) {
    if ($name === '.' || $name === '..') continue;
    $stat = @lstat("$path/$name");
    if ($stat === false) continue;
    $found['files']++;
    // A copy of a sparse file is whole, and one of a small file fills a block.
    $found['bytes'] += max($stat['size'], $stat['blocks'] * 512);
    if (($stat['mode'] & 0170000) === 0040000) measure_below("$path/$name", $found);
  }
}
