<?php
/**
 * What is done to SQLite's files, as the site's own user. $aegir: `do`, `path`, and by what is done `from`, `tables`, `graceMs`, `seconds`.
 * Ends with 0, or with 1 and a sentence on the standard error.
 */
set_time_limit($aegir['seconds']);
ini_set('display_errors', 'stderr');

function aegir_open(string $path, int $flags): SQLite3 {
  if ($flags === SQLITE3_OPEN_READONLY && !is_file($path)) throw new Exception("there is no database $path");
  $db = new SQLite3($path, $flags);
  $db->enableExceptions(true);
  $db->busyTimeout(60000);
  // What the file holds may be hostile: its triggers and views get nothing that could reach out of it.
  $db->exec('PRAGMA trusted_schema = OFF');
  // Columns that Drupal makes name this way of comparing, which is its own.
  $db->createCollation('NOCASE_UTF8', fn (string $a, string $b): int => strcmp(mb_strtolower($a), mb_strtolower($b)));
  return $db;
}

function aegir_quote(string $name): string {
  return '"' . str_replace('"', '""', $name) . '"';
}

/** Those that are written row by row, without SQLite's own. */
function aegir_tables(SQLite3 $db): array {
  $names = [];
  $rows = $db->query("select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\' and sql not like 'create virtual%'");
  while ($row = $rows->fetchArray(SQLITE3_NUM)) $names[] = $row[0];
  return $names;
}

/** Between two writes of a busy site the file is free for an instant: so it is tried often, and for a second at least. */
function aegir_begin(SQLite3 $db, int $graceMs): void {
  $db->busyTimeout(0);
  for ($end = hrtime(true) + max(1000, $graceMs) * 1_000_000; ; usleep(random_int(50, 1000)))
    try {
      $db->exec('BEGIN IMMEDIATE');
      return;
    }
    catch (Exception $error) {
      if (hrtime(true) > $end) throw $error;
    }
}

/** Every write of whoever has the file open already meets these; a lock would end with us, and rights do not concern who is in. */
function aegir_close(SQLite3 $db, int $graceMs): void {
  aegir_begin($db, $graceMs);
  foreach (aegir_tables($db) as $at => $table)
    foreach (['insert', 'update', 'delete'] as $verb)
      $db->exec(sprintf("create trigger if not exists %s before %s on %s begin select raise(abort, 'closed by Aegir'); end",
        aegir_quote("aegir_closed_{$verb}_$table"), $verb, aegir_quote($table)));
  $db->exec('COMMIT');
}

function aegir_reopen(SQLite3 $db): void {
  $db->exec('BEGIN IMMEDIATE');
  $names = [];
  $rows = $db->query("select name from sqlite_master where type = 'trigger' and name like 'aegir\\_closed\\_%' escape '\\'");
  while ($row = $rows->fetchArray(SQLITE3_NUM)) $names[] = $row[0];
  foreach ($names as $name) $db->exec('drop trigger ' . aegir_quote($name));
  $db->exec('COMMIT');
}

function aegir_remove(string $path): void {
  foreach (['-wal', '-shm', '-journal', ''] as $end)
    if (is_file("$path$end") || is_link("$path$end")) unlink("$path$end");
}

/** SQLite's own way: of one moment, whoever writes meanwhile. */
function aegir_copy(string $from, string $to, array $emptied): void {
  $source = aegir_open($from, SQLITE3_OPEN_READONLY);
  aegir_remove($to);
  umask(0007);
  $target = aegir_open($to, SQLITE3_OPEN_READWRITE | SQLITE3_OPEN_CREATE);
  chmod($to, 0660);
  if (!$source->backup($target)) throw new Exception("cannot copy $from: " . $target->lastErrorMsg());
  aegir_reopen($target);
  // What is deleted is written over: a dump is no place for sessions.
  $target->exec('PRAGMA secure_delete = ON');
  foreach (array_intersect(aegir_tables($target), $emptied) as $table) $target->exec('delete from ' . aegir_quote($table));
  $target->close();
}

function aegir_check(string $path): void {
  if (filesize($path) === 0) throw new Exception('the dump is empty');
  $db = aegir_open($path, SQLITE3_OPEN_READONLY);
  $found = $db->querySingle('PRAGMA quick_check(1)');
  if ($found !== 'ok') throw new Exception("the dump is damaged: $found");
  $db->close();
}

try {
  $path = $aegir['path'];
  switch ($aegir['do']) {
    case 'tables':
      echo json_encode(aegir_tables(aegir_open($path, SQLITE3_OPEN_READONLY)), JSON_THROW_ON_ERROR);
      break;
    case 'copy':
      aegir_copy($aegir['from'], $path, $aegir['tables']);
      break;
    case 'dump':
      $whole = "$path.dump";
      aegir_copy($path, $whole, $aegir['tables']);
      readfile($whole);
      aegir_remove($whole);
      break;
    case 'load':
      aegir_check($aegir['from']);
      aegir_copy($aegir['from'], $path, []);
      break;
    case 'close':
      aegir_close(aegir_open($path, SQLITE3_OPEN_READWRITE), $aegir['graceMs']);
      break;
    case 'reopen':
      aegir_reopen(aegir_open($path, SQLITE3_OPEN_READWRITE));
      break;
  }
}
catch (Throwable $error) {
  file_put_contents('php://stderr', $error->getMessage() . "\n");
  exit(1);
}
