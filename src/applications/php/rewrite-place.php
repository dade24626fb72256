<?php
/** What a copy of a site is given at its new place, whatever its application: steps with how many rows or files they changed. */
final class AegirPlace {
  /** [what, rows] */
  private array $done = [];

  public function __construct(private readonly PDO $pdo, private readonly string $prefix, private readonly string $directory) {}

  public function did(string $what, int $rows): void {
    if ($rows > 0) $this->done[] = ['what' => $what, 'rows' => $rows];
  }

  public function answer(): array {
    return ['rewritten' => $this->done];
  }

  /** Takes the rows out of tables by globs without their prefix. */
  public function empty(array $globs): void {
    $driver = $this->pdo->getAttribute(PDO::ATTR_DRIVER_NAME);
    foreach (aegir_tables($this->pdo) as $table) {
      if (!str_starts_with($table, $this->prefix)) continue;
      $name = substr($table, strlen($this->prefix));
      if (array_filter($globs, fn (string $glob): bool => fnmatch($glob, $name) || fnmatch($glob, $table)) === []) continue;
      $quoted = rewrite_quoted($table, $driver);
      $rows = (int) aegir_one($this->pdo, "select count(*) from $quoted");
      if ($rows === 0) continue;
      if ($driver === 'sqlite' || $rows < 1000 || !$this->truncated($quoted)) $this->pdo->exec("delete from $quoted");
      $this->did("$table (emptied)", $rows);
    }
  }

  /** Many rows are gone at once this way, unless another table refers to them. */
  private function truncated(string $quoted): bool {
    try {
      $this->pdo->exec("truncate table $quoted");
      return true;
    } catch (PDOException) {
      return false;
    }
  }

  public function tables(array $want, array $leave, array $columns = []): void {
    $text = new AegirText($want);
    $tables = new AegirTables($this->pdo, $text);
    $tables->rewrite($this->prefix, $leave, $columns);
    foreach ($tables->rows as $column => $rows) $this->did($column, $rows);
    $this->did('left as it is: the new text has no room', $tables->refused);
    $this->did('left as it is: serialized data that cannot be read', $text->unreadable);
    $this->own($text);
  }

  /** Text files that the application keeps in what it writes: some directories of its own, each file whole or not at all. */
  public function files(array $want, array $directories): void {
    $text = new AegirText($want);
    $changed = 0;
    foreach ($directories as $directory) foreach ($this->below($directory) as $path) {
      if (!preg_match('/\.(css|yml|json)$/', $path) || filesize($path) > 4 * 1024 * 1024) continue;
      $old = (string) file_get_contents($path);
      $new = $text->apply($old);
      if ($new === $old) continue;
      $made = tempnam(dirname($path), '.aegir');
      if ($made === false || file_put_contents($made, $new) !== strlen($new) || !chmod($made, fileperms($path) & 0777) || !rename($made, $path)) {
        if ($made !== false) @unlink($made);
        aegir_fail('application-failed', "$path cannot be written by the site's user", 'Verify the site: that repairs its permissions.');
      }
      $changed++;
    }
    $this->did('files in ' . implode(', ', $directories), $changed);
  }

  /** What the application makes anew from its code: compiled and put together. The directories themselves stay. */
  public function removed(array $directories): void {
    $gone = 0;
    foreach ($directories as $directory) foreach ($this->below($directory) as $path) if (@unlink($path)) $gone++;
    $this->did('compiled files removed from ' . implode(', ', $directories), $gone);
  }

  /** Settings of the operator are not ours to change; who reads the log can. */
  private function own(AegirText $text): void {
    foreach (['local.settings.php', 'local.wp-config.php', 'services.yml'] as $name) {
      $lines = @file("$this->directory/$name") ?: [];
      $this->did("left as they are, as they are yours: lines of $name that name the former place", count(array_filter($lines, fn (string $line): bool => $text->apply($line) !== $line)));
    }
  }

  /** All files; links are neither followed nor listed. */
  private function below(string $directory): array {
    $root = "$this->directory/$directory";
    if (is_link($root) || !is_dir($root)) return [];
    $all = new RecursiveIteratorIterator(new RecursiveDirectoryIterator($root, FilesystemIterator::SKIP_DOTS | FilesystemIterator::CURRENT_AS_PATHNAME), RecursiveIteratorIterator::LEAVES_ONLY, RecursiveIteratorIterator::CATCH_GET_CHILD);
    return array_values(array_filter(iterator_to_array($all, false), fn (string $path): bool => !is_link($path) && is_file($path)));
  }
}

function rewrite_run(PDO $pdo, string $sql, array $values): int {
  $statement = $pdo->prepare($sql);
  $statement->execute($values);
  return $statement->rowCount();
}
