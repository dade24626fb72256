<?php
/** One look at a site through its own web server. */
aegir_run(function () use ($aegir) {
  ['port' => $port, 'tls' => $tls, 'host' => $host, 'path' => $path] = $aegir;
  $at = probe_at($aegir);
  $cookies = $aegir['cookies'];
  foreach ($cookies as $key => $value)
    if (!preg_match('/^' . PROBE_NAME . '$/D', (string) $key) || !preg_match('/^' . PROBE_VALUE . '$/D', $value)) aegir_fail('invalid', 'that is no cookie');
  $until = probe_until($aegir);
  for ($hops = 0; ; $hops++) {
    if (!preg_match('~^/[\x21-\x7e]*$~D', $path)) aegir_fail('invalid', 'a path begins with a slash and holds no spaces');
    [$status, $headers, $body] = probe_ask($at, $port, $tls, $host, $path, $cookies, $until);
    $cookies = probe_cookies($cookies, $headers);
    $location = probe_header($headers, 'location');
    $next = $status >= 300 && $status < 400 && $location !== null ? probe_next($location, $path, [$host, ...$aegir['hosts']]) : null;
    if ($next === null || $hops >= $aegir['follow']) break;
    $path = $next;
  }
  $html = str_contains(probe_header($headers, 'content-type') ?? '', 'html');
  $title = $html && preg_match('~<title[^>]*>(.*?)</title>~is', $body, $found) ? aegir_plain($found[1]) : null;
  return ['status' => $status, 'path' => $path, 'title' => $title, 'location' => $location, 'cookies' => (object) $cookies,
    'sha256' => hash('sha256', $body), 'bytes' => strlen($body), 'words' => $html ? mb_strcut(aegir_plain(str_replace('<', ' <', $body)), 0, 300) : ''];
});
