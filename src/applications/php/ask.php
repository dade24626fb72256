<?php
/** Asking this machine's own web server, as a browser would. The address is always the same one of this machine, wherever the site points to. */

const PROBE_BYTES = 16 * 1024 * 1024;
const PROBE_NAME = '[\w.!#$%&\'*+^`|~-]{1,200}';
const PROBE_VALUE = '[^;,\s"\\\\]{0,4096}';

/** The address as it is connected to, when it and the host's name are what they should be. */
function probe_at(array $aegir): string {
  ['ip' => $ip, 'host' => $host] = $aegir;
  if (!filter_var($ip, FILTER_VALIDATE_IP)) aegir_fail('invalid', "$ip is no address");
  $at = str_contains($ip, ':') ? "[$ip]" : $ip;
  // Only what is this machine's own can be bound to.
  $own = @stream_socket_server("tcp://$at:0");
  if ($own === false) aegir_fail('invalid', "$ip is no address of this machine");
  fclose($own);
  if (!preg_match('/^[a-z0-9.-]+(:\d{1,5})?$/D', $host)) aegir_fail('invalid', 'that is no host name');
  return $at;
}

/** A little before this process ends itself. */
function probe_until(array $aegir): float {
  return microtime(true) + $aegir['seconds'] - 2;
}

/** Status, headers in the order in which they came as [name, value], and body. */
function probe_ask(string $at, int $port, bool $tls, string $host, string $path, array $cookies, float $until): array {
  $name = explode(':', $host)[0];
  $context = stream_context_create(['ssl' => ['verify_peer' => false, 'verify_peer_name' => false, 'peer_name' => $name, 'SNI_enabled' => true]]);
  $left = fn (): float => max(0.1, $until - microtime(true));
  $stream = @stream_socket_client(($tls ? 'tls' : 'tcp') . "://$at:$port", $code, $said, min(10, $left()), STREAM_CLIENT_CONNECT, $context);
  if ($stream === false) aegir_fail('application-failed', "nobody answers at $at:$port" . ($said === '' ? '' : ": $said"), 'Is the web server running? Verify its server.');
  $pairs = [];
  foreach ($cookies as $key => $value) $pairs[] = "$key=$value";
  $lines = ["GET $path HTTP/1.1", "Host: $host", 'User-Agent: aegir', 'Accept: text/html,*/*;q=0.5', 'Connection: close'];
  if ($pairs !== []) $lines[] = 'Cookie: ' . implode('; ', $pairs);
  fwrite($stream, implode("\r\n", $lines) . "\r\n\r\n");
  $text = '';
  $end = false;
  while (!feof($stream)) {
    $wait = $left();
    stream_set_timeout($stream, (int) $wait, (int) (fmod($wait, 1) * 1e6));
    $text .= (string) fread($stream, 65536);
    if (microtime(true) >= $until || stream_get_meta_data($stream)['timed_out']) aegir_fail('application-failed', "$host$path did not answer in time", 'Look into the log of PHP and of the site.');
    if (strlen($text) > PROBE_BYTES) aegir_fail('application-failed', "$host$path answers with more than 16 MiB");
  }
  fclose($stream);
  [$head, $body] = explode("\r\n\r\n", $text, 2) + [1 => ''];
  $lines = explode("\r\n", $head);
  if (!preg_match('~^HTTP/1\.[01] (\d{3})~', $lines[0], $found)) aegir_fail('application-failed', "what answers at $at:$port does not speak HTTP");
  $headers = [];
  foreach (array_slice($lines, 1) as $line) if (str_contains($line, ':')) $headers[] = array_map('trim', [strtolower(strtok($line, ':')), substr($line, strpos($line, ':') + 1)]);
  if (strtolower(probe_header($headers, 'transfer-encoding') ?? '') === 'chunked') $body = probe_unchunked($body);
  return [(int) $found[1], $headers, $body];
}

function probe_header(array $headers, string $name): ?string {
  foreach ($headers as [$key, $value]) if ($key === $name) return $value;
  return null;
}

function probe_unchunked(string $text): string {
  $body = '';
  for ($at = 0; preg_match('/\G([0-9a-f]+)[^\r\n]*\r\n/i', $text, $found, 0, $at); ) {
    $length = hexdec($found[1]);
    if ($length === 0) return $body;
    $body .= substr($text, $at + strlen($found[0]), $length);
    $at += strlen($found[0]) + $length + 2;
  }
  aegir_fail('application-failed', 'an answer was cut off');
}

/** What a browser would have afterwards: set, changed or taken away. */
function probe_cookies(array $cookies, array $headers): array {
  foreach ($headers as [$key, $value]) {
    if ($key !== 'set-cookie' || !preg_match('/^(' . PROBE_NAME . ')=(' . PROBE_VALUE . ')(;|$)/', $value, $found)) continue;
    $expires = preg_match('/;\s*expires=([^;]+)/i', $value, $date) ? strtotime($date[1]) : false;
    $isGone = preg_match('/;\s*max-age=(0|-\d+)\s*(;|$)/i', $value) || ($expires !== false && $expires < time());
    if ($isGone) unset($cookies[$found[1]]);
    elseif (count($cookies) < 100) $cookies[$found[1]] = $found[2];
  }
  return $cookies;
}

/** Path and query of a redirect that stays on the site; null for one that leads away. */
function probe_next(string $location, string $path, array $hosts): ?string {
  $parts = parse_url($location);
  if ($parts === false || !in_array(strtolower($parts['scheme'] ?? 'http'), ['http', 'https'], true)) return null;
  if (isset($parts['host'])) {
    $host = strtolower($parts['host']) . (isset($parts['port']) ? ":{$parts['port']}" : '');
    if (!in_array($host, $hosts, true)) return null;
  }
  $to = $parts['path'] ?? '/';
  if ($to[0] !== '/') $to = preg_replace('~[^/]*$~', '', strtok($path, '?')) . $to;
  return $to . (isset($parts['query']) ? "?{$parts['query']}" : '');
}
