<?php
aegir_run(function () use ($aegir) {
  $site = $aegir['site'];
  aegir_request($site);
  [$pdo, $prefix] = wordpress_open($site);
  $count = fn (string $sql): int => (int) aegir_one($pdo, $sql);
  return [
    'usersRegistered' => $count("select count(*) from {$prefix}users"),
    // WordPress keeps no time of the last visit; who has a session has logged in within its two weeks.
    'usersActive' => $count("select count(distinct user_id) from {$prefix}usermeta where meta_key = 'session_tokens' and meta_value <> 'a:0:{}'"),
    'posts' => $count("select count(*) from {$prefix}posts where post_type in ('post', 'page') and post_status = 'publish'"),
    'comments' => $count("select count(*) from {$prefix}comments where comment_approved = '1'"),
  ];
});
