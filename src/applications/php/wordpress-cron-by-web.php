<?php
// It answers at once and goes on behind that, where PHP-FPM can; a second one beside it does nothing (wp-cron.php).
aegir_run(fn () => cron_by_web($aegir, '/wp-cron.php?doing_wp_cron'));
