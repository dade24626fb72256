<?php
aegir_run(function () use ($aegir) {
  $site = $aegir['site'];
  aegir_request($site);
  $pdo = aegir_connect_if_there(aegir_address($site['database']));
  return ['installed' => $pdo !== null && wordpress_is_installed($pdo, wordpress_prefix($site))];
});
