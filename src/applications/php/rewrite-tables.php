<?php
/**
 * Goes through the columns of a database that hold text and rewrites them, with as many rows in memory as one page has, and
 * all of them in one step where the server is asked over a connection. Whoever is killed in between begins again: what is rewritten already is not found again.
 */
final class AegirTables {
  private const PAGE = 50;
  /** Pages that are committed together: each commit waits for the disk, and each holds locks until then. */
  private const PAGES = 20;
  /** Of the new texts in one statement: servers refuse one of some megabytes. */
  private const BYTES = 512 * 1024;
  /** By their text: a table's rows are changed by few. */
  private array $statements = [];
  private readonly string $driver;
  /** By 'table.column', how many rows were changed. */
  public array $rows = [];
  /** How many were not: their new text is too long for the column, or there already. */
  public int $refused = 0;

  public function __construct(private readonly PDO $pdo, private readonly AegirText $text) {
    $this->driver = $pdo->getAttribute(PDO::ATTR_DRIVER_NAME);
    if ($this->driver === 'mysql') {
      // A text that is too long is an error, not cut off; values are sent as they are, whatever bytes they have.
      $pdo->exec("set session sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO'");
      $pdo->setAttribute(PDO::ATTR_EMULATE_PREPARES, false);
    }
    if ($this->driver === 'sqlite') $pdo->sqliteCreateFunction('aegir_old', fn ($value): int => is_string($value) && $this->isOld($value) ? 1 : 0, 1);
  }

  /** $leave: globs of tables; $columns: 'table.column', to be left as they are. */
  public function rewrite(string $prefix, array $leave, array $columns = []): void {
    if ($this->text->needles === []) return;
    foreach (rewrite_columns($this->pdo, $this->driver) as $table => $found) {
      if (!str_starts_with($table, $prefix)) continue;
      foreach ($leave as $glob) if (fnmatch($glob, substr($table, strlen($prefix)))) continue 2;
      $texts = array_filter($found['texts'], fn (array $column): bool => $this->hasRoom($column['length']) && !in_array("$table.{$column['name']}", $columns, true));
      if ($texts === []) continue;
      $found['texts'] = array_values($texts);
      match (true) {
        $this->driver === 'pgsql' => $this->byCursor($table, $found),
        $found['key'] !== [] => $this->byKey($table, $found),
        default => $this->byValue($table, $found),
      };
    }
  }

  private function isOld(string $value): bool {
    foreach ($this->text->needles as $needle) if (stripos($value, $needle) !== false) return true;
    return false;
  }

  private function hasRoom(?int $length): bool {
    foreach ($this->text->needles as $needle) if ($length === null || $length >= strlen($needle)) return true;
    return false;
  }

  /** Whether any of the columns speaks of the old place: SQL and its values. */
  private function old(array $texts): array {
    [$sql, $values] = [[], []];
    foreach ($texts as ['name' => $name, 'bytes' => $bytes]) {
      $column = $this->quoted($name);
      if ($this->driver === 'sqlite') $sql[] = "aegir_old($column) = 1";
      else foreach ($this->text->needles as $needle) {
        $sql[] = match (true) {
          $this->driver === 'mysql' => "$column like ?",
          $bytes => "encode($column, 'escape') ilike ?",
          default => "$column::text ilike ?",
        };
        $values[] = "%$needle%";
      }
    }
    return ['(' . implode(' or ', $sql) . ')', $values];
  }

  /** Pages by primary key, each behind the last row of the one before. */
  private function byKey(string $table, array $found): void {
    [$old, $values] = $this->old($found['texts']);
    $quoted = array_map($this->quoted(...), $found['key']);
    $select = $this->selected($found['texts'], array_map(fn (int $at): string => "$quoted[$at] as aegir_key_$at", array_keys($quoted)));
    $last = null;
    $pages = 0;
    do {
      [$behind, $of] = $last === null ? ['', []] : rewrite_behind($quoted, $last);
      $page = $this->all("select $select from {$this->quoted($table)} where $old$behind order by " . implode(', ', $quoted) . ' limit ' . self::PAGE, [...$values, ...$of]);
      if ($pages++ % self::PAGES === 0) $this->pdo->beginTransaction();
      $this->update($table, $found, $page, $quoted);
      $end = end($page);
      if ($end !== false) $last = $this->keyOf($end, $quoted);
      if ($pages % self::PAGES === 0 || count($page) < self::PAGE) $this->pdo->commit();
    } while (count($page) === self::PAGE);
  }

  /** PostgreSQL reads the table once, as it was when the cursor was opened, and knows each row by its place. */
  private function byCursor(string $table, array $found): void {
    [$old, $values] = $this->old($found['texts']);
    $this->pdo->beginTransaction();
    $this->pdo->prepare("declare aegir no scroll cursor for select {$this->selected($found['texts'], ['ctid as aegir_key_0'])} from {$this->quoted($table)} where $old")->execute($values);
    do {
      $page = $this->all('fetch ' . self::PAGE . ' from aegir', []);
      $this->update($table, $found, $page, ['ctid']);
    } while (count($page) === self::PAGE);
    $this->pdo->commit();
  }

  /** A table of MySQL without a key: the new text depends on nothing but the old, so all rows with the same text change together. */
  private function byValue(string $table, array $found): void {
    foreach ($found['texts'] as $text) {
      [$old, $values] = $this->old([$text]);
      $column = $this->quoted($text['name']);
      $bytes = $text['bytes'] ? $column : "cast(convert($column using utf8mb4) as binary)";
      $last = null;
      do {
        $behind = $last === null ? '' : " and $bytes > ?";
        $page = $this->all("select distinct $bytes as " . rewrite_quoted($text['name'], 'mysql') . " from {$this->quoted($table)} where $old$behind order by 1 limit " . self::PAGE, $last === null ? $values : [...$values, $last]);
        foreach ($page as $row) {
          $last = $row[$text['name']];
          $this->updateRow($table, $found['clocks'], ['set' => $this->changes([$text], $row), 'key' => [$last]], [$bytes]);
        }
      } while (count($page) === self::PAGE);
    }
  }

  private function selected(array $texts, array $more): string {
    $column = fn (array $one): string => $this->quoted($one['name']) . ($this->driver === 'pgsql' && !$one['bytes'] ? '::text as ' . $this->quoted($one['name']) : '');
    $kind = fn (int $at): string => "typeof({$this->quoted($texts[$at]['name'])}) as aegir_kind_$at";
    return implode(', ', [...array_map($column, $texts), ...$more, ...($this->driver === 'sqlite' ? array_map($kind, array_keys($texts)) : [])]);
  }

  /** $key: SQL of what a row is known by, in the order of its 'aegir_key_…'. */
  private function update(string $table, array $found, array $page, array $key): void {
    // Rows that change in the same columns; a row that is large stands alone.
    [$alike, $bytes] = [[], []];
    foreach ($page as $row) {
      $set = $this->changes($found['texts'], $row);
      if ($set === []) continue;
      $names = implode("\0", array_keys($set));
      $size = array_sum(array_map(fn (array $one): int => strlen($one[0]), $set));
      if (($bytes[$names] ?? 0) + $size > self::BYTES) {
        $this->updateAlike($table, $found['clocks'], $alike[$names] ?? [], $key);
        [$alike[$names], $bytes[$names]] = [[], 0];
      }
      $alike[$names][] = ['set' => $set, 'key' => $this->keyOf($row, $key)];
      $bytes[$names] = ($bytes[$names] ?? 0) + $size;
    }
    foreach ($alike as $rows) $this->updateAlike($table, $found['clocks'], $rows, $key);
  }

  private function keyOf(array $row, array $key): array {
    return array_map(fn (int $at) => $row["aegir_key_$at"], array_keys($key));
  }

  /** By column: [new text, type, cast]. */
  private function changes(array $texts, array $row): array {
    $set = [];
    foreach ($texts as $at => ['name' => $name, 'bytes' => $bytes, 'cast' => $cast]) {
      $old = $row[$name];
      if (!is_string($old)) continue;
      $new = $this->text->apply($old);
      if ($new === $old) continue;
      $isBytes = $bytes && ($this->driver !== 'sqlite' || $row["aegir_kind_$at"] === 'blob');
      $set[$name] = [$new, $isBytes ? PDO::PARAM_LOB : PDO::PARAM_STR, $cast];
    }
    return $set;
  }

  /** One statement, as each is a way to the server and back; one for each row where one of them is refused. */
  private function updateAlike(string $table, array $clocks, array $rows, array $key): void {
    $isOne = count($rows) > 1 && $this->driver !== 'sqlite' && $this->updateTogether($table, $clocks, $rows, $key);
    if (!$isOne) foreach ($rows as $row) $this->updateRow($table, $clocks, $row, $key);
  }

  private function updateTogether(string $table, array $clocks, array $rows, array $key): bool {
    $is = $this->matches($key);
    [$set, $values] = [[], []];
    foreach (array_keys($rows[0]['set']) as $name) {
      $cases = '';
      foreach ($rows as ['set' => [$name => [$new, $type, $cast]], 'key' => $of]) {
        $cases .= " when $is then ?" . ($this->driver === 'pgsql' ? ($type === PDO::PARAM_LOB ? '::bytea' : '::text') : '') . $cast;
        array_push($values, ...$this->bound($of), ...[[$new, $type]]);
      }
      $set[] = "{$this->quoted($name)} = case$cases end";
    }
    foreach ($rows as ['key' => $of]) array_push($values, ...$this->bound($of));
    $count = $this->change($table, [...$set, ...$this->still($clocks)], implode(' or ', array_fill(0, count($rows), "($is)")), $values);
    if ($count !== null) $this->counted($table, array_keys($rows[0]['set']), $count);
    return $count !== null;
  }

  private function updateRow(string $table, array $clocks, array $row, array $key): void {
    if ($row['set'] === []) return;
    $set = array_map(fn (string $name): string => "{$this->quoted($name)} = ?{$row['set'][$name][2]}", array_keys($row['set']));
    $values = array_map(fn (array $one): array => [$one[0], $one[1]], array_values($row['set']));
    $count = $this->change($table, [...$set, ...$this->still($clocks)], $this->matches($key), [...$values, ...$this->bound($row['key'])]);
    if ($count === null) $this->refused++;
    else $this->counted($table, array_keys($row['set']), $count);
  }

  private function matches(array $key): string {
    return $key === ['ctid'] ? 'ctid = ?::tid' : implode(' = ? and ', $key) . ' = ?';
  }

  /** A number that came as one goes back as one: compared as text it would lose its last digits. */
  private function bound(array $key): array {
    return array_map(fn ($one): array => [$one, is_int($one) ? PDO::PARAM_INT : PDO::PARAM_STR], $key);
  }

  /** A time that changes by itself with each change of its row is not to change now. */
  private function still(array $clocks): array {
    return array_map(fn (string $clock): string => "{$this->quoted($clock)} = {$this->quoted($clock)}", $clocks);
  }

  private function counted(string $table, array $names, int $count): void {
    foreach ($count > 0 ? $names : [] as $name) $this->rows["$table.$name"] = ($this->rows["$table.$name"] ?? 0) + $count;
  }

  /** How many rows; null where a new text has no room, or is there already: what of it was done all the same is done again. */
  private function change(string $table, array $set, string $where, array $values): ?int {
    if ($this->driver === 'pgsql') $this->pdo->exec('savepoint aegir_row');
    try {
      $statement = $this->prepared("update {$this->quoted($table)} set " . implode(', ', $set) . " where $where");
      foreach ($values as $at => [$value, $type]) $statement->bindValue($at + 1, $value, $type);
      $statement->execute();
      return $statement->rowCount();
    } catch (PDOException $error) {
      if (!preg_match('/^(22001|23\w{3})$/', (string) ($error->errorInfo[0] ?? ''))) throw $error;
      if ($this->driver === 'pgsql') $this->pdo->exec('rollback to savepoint aegir_row');
      return null;
    }
  }

  /** SQLite has no way to go, and keeps its lock as long as it has the statement. */
  private function prepared(string $sql): PDOStatement {
    if ($this->driver === 'sqlite') return $this->pdo->prepare($sql);
    if (count($this->statements) > 100) $this->statements = [];
    return $this->statements[$sql] ??= $this->pdo->prepare($sql);
  }

  private function all(string $sql, array $values): array {
    $statement = $this->pdo->prepare($sql);
    $statement->execute($values);
    $rows = $statement->fetchAll();
    foreach ($rows as &$row) foreach ($row as &$value) if (is_resource($value)) $value = stream_get_contents($value);
    return $rows;
  }

  private function quoted(string $name): string {
    return rewrite_quoted($name, $this->driver);
  }
}

function rewrite_quoted(string $name, string $driver): string {
  return $driver === 'mysql' ? '`' . str_replace('`', '``', $name) . '`' : '"' . str_replace('"', '""', $name) . '"';
}

/** As servers find it by an index: 'a > ? or (a = ? and b > ?)'. SQL and its values. */
function rewrite_behind(array $keys, array $last): array {
  [$sql, $values] = ['', []];
  foreach (array_reverse(array_keys($keys)) as $at) {
    $sql = $sql === '' ? "$keys[$at] > ?" : "$keys[$at] > ? or ($keys[$at] = ? and ($sql))";
    array_unshift($values, ...($values === [] ? [$last[$at]] : [$last[$at], $last[$at]]));
  }
  return [" and ($sql)", $values];
}

/** Of each table: its columns with text ('bytes' where the server keeps bytes), its key in order, and times that change by themselves. */
function rewrite_columns(PDO $pdo, string $driver): array {
  $tables = [];
  $add = function (array $row) use (&$tables): void {
    $tables[$row['t']] ??= ['texts' => [], 'key' => [], 'clocks' => []];
    $at = &$tables[$row['t']];
    if ($row['clock']) $at['clocks'][] = $row['c'];
    if ($row['key'] !== null) $at['key'][(int) $row['key']] = $row['c'];
    if ($row['kind'] !== null) $at['texts'][] = ['name' => $row['c'], 'bytes' => $row['kind'] === 'bytes', 'cast' => $row['cast'], 'length' => $row['length'] === null ? null : (int) $row['length']];
  };
  match ($driver) {
    'mysql' => rewrite_columns_mysql($pdo, $add),
    'pgsql' => rewrite_columns_pgsql($pdo, $add),
    'sqlite' => rewrite_columns_sqlite($pdo, $add),
  };
  foreach ($tables as &$table) {
    ksort($table['key']);
    $table['key'] = array_values($table['key']);
  }
  ksort($tables);
  return $tables;
}

function rewrite_columns_mysql(PDO $pdo, Closure $add): void {
  $rows = $pdo->query("select c.table_name t, c.column_name c, lower(c.data_type) type, c.character_maximum_length length, lower(c.extra) extra, k.seq_in_index seq
    from information_schema.columns c join information_schema.tables b on b.table_schema = c.table_schema and b.table_name = c.table_name and b.table_type = 'BASE TABLE'
    left join information_schema.statistics k on k.table_schema = c.table_schema and k.table_name = c.table_name and k.column_name = c.column_name and k.index_name = 'PRIMARY'
    where c.table_schema = database() order by c.table_name, c.ordinal_position")->fetchAll();
  foreach ($rows as $row) {
    $kind = match (true) {
      str_contains($row['extra'], 'generated') => null,
      preg_match('/^(char|varchar|\w*text|json)$/', $row['type']) === 1 => 'text',
      preg_match('/^(binary|varbinary|\w*blob)$/', $row['type']) === 1 => 'bytes',
      default => null,
    };
    $add(['kind' => $kind, 'key' => $row['seq'], 'cast' => '', 'clock' => str_contains($row['extra'], 'on update')] + $row);
  }
}

function rewrite_columns_pgsql(PDO $pdo, Closure $add): void {
  $rows = $pdo->query("select b.relname t, a.attname c, y.typname type, case when y.typname in ('varchar', 'bpchar') and a.atttypmod > 4 then a.atttypmod - 4 end length
    from pg_class b join pg_attribute a on a.attrelid = b.oid and a.attnum > 0 and not a.attisdropped join pg_type y on y.oid = a.atttypid
    where b.relnamespace = (select oid from pg_namespace where nspname = current_schema()) and b.relkind = 'r' and a.attgenerated = '' order by 1, a.attnum")->fetchAll();
  foreach ($rows as $row) {
    $kind = ['text' => 'text', 'varchar' => 'text', 'bpchar' => 'text', 'json' => 'text', 'jsonb' => 'text', 'xml' => 'text', 'citext' => 'text', 'bytea' => 'bytes'][$row['type']] ?? null;
    $add(['kind' => $kind, 'key' => null, 'cast' => in_array($row['type'], ['json', 'jsonb', 'xml'], true) ? "::{$row['type']}" : '', 'clock' => false] + $row);
  }
}

function rewrite_columns_sqlite(PDO $pdo, Closure $add): void {
  foreach (aegir_tables($pdo) as $table) {
    $add(['t' => $table, 'c' => '_rowid_', 'kind' => null, 'key' => 0, 'clock' => false]);
    foreach ($pdo->query("select name, lower(type) type, pk from pragma_table_xinfo(" . $pdo->quote($table) . ') where hidden = 0')->fetchAll() as $row) {
      // A column may hold any kind of value, whatever it was declared to be: only numbers are left out.
      $kind = preg_match('/int|real|floa|doub|numeric|bool/', $row['type']) ? null : 'bytes';
      $add(['t' => $table, 'c' => $row['name'], 'kind' => $kind, 'key' => null, 'cast' => '', 'clock' => false, 'length' => null]);
    }
  }
}
