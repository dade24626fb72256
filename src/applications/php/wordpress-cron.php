<?php
aegir_run(function () {
  define('DOING_CRON', true);
  foreach (_get_cron_array() ?: [] as $time => $hooks) {
    if ($time > time()) break;
    foreach ($hooks as $hook => $events)
      foreach ($events as ['schedule' => $schedule, 'args' => $arguments]) {
        // As wp-cron.php does: planned anew before it runs, so that one that dies does not come back for ever.
        if ($schedule) wp_reschedule_event($time, $schedule, $hook, $arguments);
        wp_unschedule_event($time, $hook, $arguments);
        do_action_ref_array($hook, $arguments);
      }
  }
  return ['lines' => aegir_printed()];
});
