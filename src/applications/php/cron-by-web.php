<?php
/** Runs cron as somebody does who asks for it from outside, so with the PHP that serves the site. The key never leaves this machine. */
function cron_by_web(array $aegir, string $path): array {
  [$status, , $body] = probe_ask(probe_at($aegir), $aegir['port'], $aegir['tls'], $aegir['host'], $path, [], probe_until($aegir));
  $said = mb_strcut(aegir_plain(str_replace('<', ' <', $body)), 0, 1500);
  if ($status !== 200 && $status !== 204)
    aegir_fail('application-failed', "its cron answers $status", $said === '' ? 'Look into the log of PHP and of the site.' : "The site says: $said");
  return ['lines' => $said];
}
