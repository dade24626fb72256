<?php
/** The site's database without the site's code. */

/** $d has Drupal's keys: driver, database, username, password, host, port, unix_socket. */
function aegir_connect(array $d): PDO {
  $options = [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_TIMEOUT => 15, PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC];
  $needs = ['mysql' => 'pdo_mysql', 'pgsql' => 'pdo_pgsql', 'sqlite' => 'pdo_sqlite'][$d['driver']] ?? null;
  if ($needs === null) aegir_fail('invalid', "'{$d['driver']}' is no kind of database that is known here");
  if (!extension_loaded($needs))
    aegir_fail('application-failed', "PHP has no extension $needs", 'Install it: ' . ['pdo_mysql' => 'php-mysql', 'pdo_pgsql' => 'php-pgsql', 'pdo_sqlite' => 'php-sqlite3'][$needs] . '.');
  $port = (string) ($d['port'] ?? '');
  switch ($d['driver']) {
    case 'mysql':
      $at = !empty($d['unix_socket']) ? "unix_socket={$d['unix_socket']}" : "host={$d['host']};port=" . ($port === '' ? 3306 : $port);
      return new PDO("mysql:$at;dbname={$d['database']};charset=utf8mb4", $d['username'], $d['password'], $options);
    case 'pgsql':
      return new PDO("pgsql:host={$d['host']};port=" . ($port === '' ? 5432 : $port) . ";dbname={$d['database']}", $d['username'], $d['password'], $options);
    default:
      $file = $d['database'];
      if ($file[0] !== '/') $file = getcwd() . "/$file";
      $pdo = new PDO("sqlite:$file", null, null, $options);
      // Columns that Drupal makes name this way of comparing, which is its own.
      $pdo->sqliteCreateCollation('NOCASE_UTF8', fn (string $a, string $b): int => strcmp(mb_strtolower($a), mb_strtolower($b)));
      return $pdo;
  }
}

/** The site's address as the hub knows it, in Drupal's words. */
function aegir_address(array $db): array {
  $host = $db['host'];
  $socket = (string) $db['socket'];
  if ($db['driver'] === 'pgsql' && $socket !== '') $host = str_starts_with(basename($socket), '.s.PGSQL') ? dirname($socket) : $socket;
  return ['driver' => $db['driver'], 'database' => $db['name'], 'username' => $db['user'], 'password' => $db['password'],
    'host' => $host, 'port' => $db['port'], 'unix_socket' => $db['driver'] === 'mysql' ? $socket : '', 'prefix' => ''];
}

/** Null when there is no such database: then nothing is installed in it either. */
function aegir_connect_if_there(array $d): ?PDO {
  if ($d['driver'] === 'sqlite' && !is_file($d['database'])) return null;
  try {
    return aegir_connect($d);
  } catch (PDOException $error) {
    $absent = $error->getCode() === 1049 || str_contains($error->getMessage(), '[1049]') || preg_match('/database ".*" does not exist/', $error->getMessage());
    if ($absent) return null;
    throw $error;
  }
}

function aegir_tables(PDO $pdo): array {
  return $pdo->query(match ($pdo->getAttribute(PDO::ATTR_DRIVER_NAME)) {
    'mysql' => 'select table_name from information_schema.tables where table_schema = database() and table_type = \'BASE TABLE\'',
    'pgsql' => 'select tablename from pg_tables where schemaname = current_schema()',
    'sqlite' => "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'",
  })->fetchAll(PDO::FETCH_COLUMN);
}

/** The first column of the first row, or null. Columns of PostgreSQL's type bytea come as streams. */
function aegir_one(PDO $pdo, string $sql, array $values = []): ?string {
  $statement = $pdo->prepare($sql);
  $statement->execute($values);
  $value = $statement->fetchColumn();
  if (is_resource($value)) $value = stream_get_contents($value);
  return $value === false || $value === null ? null : (string) $value;
}

/** Data of the site is never allowed to become an object of some class. */
function aegir_plain_data(?string $serialized) {
  return $serialized === null ? null : @unserialize($serialized, ['allowed_classes' => false]);
}

const AEGIR_MARK = 'aegir_installing';

/**
 * An installer needs an empty database. What an installation of ours that was killed has left behind is dropped:
 * its mark shows that it is ours. Anything else is somebody's, and refused.
 */
function aegir_empty_database(array $d): void {
  $pdo = aegir_connect($d);
  $tables = aegir_tables($pdo);
  if ($tables !== [] && !in_array(AEGIR_MARK, $tables, true))
    aegir_fail('conflict', sprintf('the database %s is not empty: it has %d tables', basename($d['database']), count($tables)),
      'Drop what is in it if it is not needed, or import the site that uses it.');
  $driver = $pdo->getAttribute(PDO::ATTR_DRIVER_NAME);
  $quote = fn (string $name): string => $driver === 'mysql' ? '`' . str_replace('`', '``', $name) . '`' : '"' . str_replace('"', '""', $name) . '"';
  if ($driver === 'mysql') $pdo->exec('set foreign_key_checks = 0');
  // The mark goes last: killed in between, the next one still sees whose tables these are.
  foreach (array_diff($tables, [AEGIR_MARK]) as $table) $pdo->exec('drop table ' . $quote($table) . ($driver === 'pgsql' ? ' cascade' : ''));
  if (!in_array(AEGIR_MARK, $tables, true)) $pdo->exec('create table ' . AEGIR_MARK . ' (started varchar(32))');
  if ($driver === 'pgsql') $pdo->exec('create extension if not exists pg_trgm');
}

function aegir_installed_mark_off(array $d): void {
  aegir_connect($d)->exec('drop table if exists ' . AEGIR_MARK);
}

function aegir_is_being_installed(PDO $pdo, array $tables): bool {
  return in_array(AEGIR_MARK, $tables, true);
}
