<?php
/** Removes what is below a path, as far as this user may. Links are removed and not followed. */
aegir_run(function () use ($aegir) {
  $path = $aegir['path'];
  $inside = realpath($aegir['inside']);
  if ($inside === false || (!file_exists($path) && !is_link($path))) return ['left' => 0];
  // Judged again here, as only this process sees where links lead.
  $parent = realpath(dirname($path));
  if ($parent === false || !str_starts_with("$parent/" . basename($path) . '/', "$inside/")) aegir_fail('invalid', "$path is not inside {$aegir['inside']}");
  return ['left' => remove_below($path)];
});

/** How many files and directories could not be removed; the path itself is not removed where its parent forbids it. */
function remove_below(string $path): int {
  if (is_link($path) || !is_dir($path)) return @unlink($path) ? 0 : 1;
  $left = 0;
  foreach (@scandir($path) ?: [] as $name) if ($name !== '.' && $name !== '..') $left += remove_below("$path/$name");
  return @rmdir($path) ? $left : $left + 1;
}
