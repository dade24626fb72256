<?php
/**
 * Replaces what speaks of a site's former place in any text: whole names only, however the slashes are written ('/', '\/', '%2F'),
 * and with right lengths in serialized data at any depth. What it made is not changed when it is asked again.
 */
final class AegirText {
  /** Values that were left as they are, as their serialized data cannot be read. */
  public int $unreadable = 0;
  /** Who has none of these, in any case of letters, speaks of nothing old. */
  public readonly array $needles;
  /** Pattern and callback. */
  private array $steps = [];

  private const SLASH = '(?:\\\\*\/|%2[Ff])';
  private const COLON = '(?::|%3[Aa])';
  /** 'example.com' does not end within 'example.com.au', nor 'd10' within 'd10-new'. The dot of a sentence ends it. */
  private const END = '(?![A-Za-z0-9_-]|\.[A-Za-z0-9])';
  /** As JSON writes a new line, a quotation mark or '<' before a word. */
  private const ESCAPED = '(?<=\\\\[nrtbf])|(?<=\\\\u[0-9a-fA-F]{4})|(?<=%22)|(?<=%27)|(?<=%3D)';

  /** $want: root and directory as [old, new]; hosts that become `address` (scheme, host, port) if they have one of `ports`; `ours`, all names of the two. */
  public function __construct(private readonly array $want) {
    [$oldRoot, $newRoot] = $want['root'];
    [$oldDirectory, $newDirectory] = $want['directory'];
    $needles = [];
    if ($want['hosts'] !== []) {
      $this->steps[] = [$this->hostPattern(), $this->host(...)];
      $needles = $want['hosts'];
    }
    if ($oldRoot !== $newRoot) {
      $this->steps[] = [$this->rootPattern($oldRoot, $newRoot), fn (array $m): string => str_replace('/', $m[1], $newRoot)];
      $parts = explode('/', $oldRoot);
      usort($parts, fn (string $a, string $b): int => strlen($b) <=> strlen($a));
      $needles[] = $parts[0];
    }
    if ($oldDirectory !== $newDirectory) {
      $this->steps[] = [$this->directoryPattern($oldDirectory), fn (array $m): string => $this->directory($m, $newDirectory)];
      $needles[] = $oldDirectory;
    }
    $this->needles = array_values(array_unique($needles));
  }

  public function apply(string $text): string {
    if (!$this->mayHold($text)) return $text;
    if (!preg_match('/(?:^|[^A-Za-z])s:\d+:\\\\*"/', $text)) return $this->plain($text);
    $unreadable = $this->unreadable;
    $new = $this->serialized($text);
    if ($this->unreadable === $unreadable) return $new;
    $this->unreadable = $new === $text ? $unreadable : $unreadable + 1;
    return $text;
  }

  private function mayHold(string $text): bool {
    foreach ($this->needles as $needle) if (stripos($text, $needle) !== false) return true;
    return false;
  }

  /**
   * Each string of serialized data by itself, with its new length; what stands between them as plain text. So data inside of a string, or in the
   * middle of other text, is right too. A string whose length is wrong, or whose quotes are escaped, makes the whole unreadable.
   */
  private function serialized(string $text): string {
    $out = '';
    $at = 0;
    while (preg_match('/(?<![A-Za-z])(?:s:(\d+):(\\\\*)"|C:\d+:"[^"]*":(\d+):\{)/', $text, $found, PREG_OFFSET_CAPTURE | PREG_UNMATCHED_AS_NULL, $at)) {
      [$head, $from] = $found[0];
      $isString = $found[1][0] !== null;
      $length = (int) ($found[1][0] ?? $found[3][0]);
      $start = $from + strlen($head);
      $close = $isString ? '";' : '}';
      if (($found[2][0] ?? '') !== '' || substr($text, $start + $length, strlen($close)) !== $close) {
        $this->unreadable++;
        return $out . $this->plain(substr($text, $at));
      }
      $inner = substr($text, $start, $length);
      $new = $this->mayHold($inner) ? $this->inner($inner) : $inner;
      $head = $isString ? 's:' . strlen($new) . ':"' : preg_replace('/\d+(?=:\{$)/', (string) strlen($new), $head);
      $out .= $this->plain(substr($text, $at, $from - $at)) . $head . $new . $close;
      $at = $start + $length + strlen($close);
    }
    return $out . $this->plain(substr($text, $at));
  }

  private function inner(string $text): string {
    return preg_match('/(?:^|[^A-Za-z])[sC]:\d+:\\\\*"/', $text) ? $this->serialized($text) : $this->plain($text);
  }

  private function plain(string $text): string {
    if (!$this->mayHold($text)) return $text;
    foreach ($this->steps as [$pattern, $with]) {
      $text = preg_replace_callback($pattern, $with, $text);
      if ($text === null) aegir_fail('application-failed', 'a text of the site is too much for a regular expression: ' . preg_last_error_msg());
    }
    return $text;
  }

  /** 'http://old', '//old', with a port or without, not followed by more of a name. Groups: scheme, colon, slashes, name, colon and port. */
  private function hostPattern(): string {
    [$slash, $colon] = [self::SLASH, self::COLON];
    $names = implode('|', array_map(fn (string $name): string => preg_quote($name, '~'), $this->want['hosts']));
    $before = '(?:(?<![\w:/\\\\.%-])|' . self::ESCAPED . ')';
    return "~(?:(https?)($colon)|$before)($slash$slash)($names)(?:($colon)(\d{1,5}))?" . self::END . "(?!$colon\d|@)~i";
  }

  private function host(array $m): string {
    [$all, $scheme, $colon, $slashes, , $before, $port] = $m + [5 => '', 6 => ''];
    if ($port !== '' && !in_array((int) $port, $this->want['ports'], true)) return $all;
    ['scheme' => $newScheme, 'host' => $host, 'port' => $newPort] = $this->want['address'];
    $sign = $before ?: ($colon ?: (str_starts_with($slashes, '%') ? '%3A' : ':'));
    return ($scheme === '' ? '' : "$newScheme$colon") . $slashes . $host . ($newPort === null ? '' : "$sign$newPort");
  }

  private function rootPattern(string $old, string $new): string {
    $path = fn (string $root): string => str_replace('/', self::SLASH, preg_quote($root, '~'));
    // What begins with the new one already is not old, should the old one be its beginning.
    $isNew = str_starts_with($new, "$old/") ? '(?!' . $path(substr($new, strlen($old))) . self::END . ')' : '';
    $first = '(' . self::SLASH . ')' . substr($path($old), strlen(self::SLASH));
    return '~(?:(?<![\w./%\\\\-])|(?<=file://)|' . self::ESCAPED . ")$first" . self::END . "$isNew~";
  }

  /** 'sites/old', alone or behind a host or a path. A host is looked at: another's directory of that name is none of ours. */
  private function directoryPattern(string $old): string {
    [$slash, $colon] = [self::SLASH, self::COLON];
    $behindHost = "$slash$slash([A-Za-z0-9][A-Za-z0-9.-]*)(?:$colon\d{1,5})?$slash(?:[\w.\~+-]+$slash){0,8}";
    $alone = '(?<![\w.-])|(?<=%2[Ff])|' . self::ESCAPED;
    return "~((?:$behindHost|$alone)sites$slash)" . preg_quote($old, '~') . self::END . '~';
  }

  private function directory(array $m, string $new): string {
    $host = strtolower($m[2] ?? '');
    return $host === '' || in_array($host, $this->want['ours'], true) ? $m[1] . $new : $m[0];
  }
}
