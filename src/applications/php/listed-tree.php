<?php
/** How files of a tree are told to who compares them with those of another server. */
function list_escaped(string $name): string {
  return preg_replace_callback('~[^A-Za-z0-9._/@-]~', fn ($found) => sprintf('\\%03o', ord($found[0])), $name);
}

function list_plain(string $name): string {
  return preg_replace_callback('~\\\\([0-7]{3})~', fn ($found) => chr(octdec($found[1])), $name);
}

/** `.*` at the end of one stands for all hidden names of its directory. */
function list_is_left_out(array $except, string $at, string $name): bool {
  return isset($except[ltrim("$at/$name", '/')]) || ($name[0] === '.' && isset($except[ltrim("$at/.*", '/')]));
}

/** A link that leads into the directory itself leads into its copy. */
function list_target(string $path, string $top): string {
  return preg_replace('~^' . preg_quote($top, '~') . '(?=/|$)~', '@', str_replace('@', '@@', readlink($path)));
}

function list_unread(string $path): never {
  $user = posix_getpwuid(posix_geteuid())['name'] ?? 'this user';
  aegir_fail('application-failed', "$path cannot be read by $user", 'Give it the mode and owner of what is beside it.');
}
