import type { CopiedAs, InstalledSite } from '../application.ts';
import { isSeven } from './detect.ts';

/**
 * Of Seven by name: one table of that beginning, cache_form, holds what people have typed into forms and not saved yet.
 * From Eight on that is elsewhere, and every table of that beginning is a bin of the cache.
 */
const caches7 = [
  ...['cache', 'cache_admin_menu', 'cache_apachesolr', 'cache_block', 'cache_bootstrap', 'cache_entity_*'],
  ...['cache_field', 'cache_filter', 'cache_image', 'cache_l10n_update', 'cache_libraries', 'cache_menu'],
  ...['cache_metatag', 'cache_page', 'cache_panels', 'cache_path', 'cache_rules', 'cache_token', 'cache_update'],
  ...['cache_variable', 'cache_views', 'cache_views_data'],
];
const caches8 = ['cache_*'];

/**
 * What a clone must not go on with, as the site it was made of does: who is logged in, what was typed and not saved, locks and
 * counters of attempts, the log; and work that is still to be done, as it would be done twice: mails to be sent, payments to be taken.
 */
const ofOneSite = [
  ...['sessions', 'flood', 'semaphore', 'batch', 'watchdog', 'key_value_expire', 'cache_form'],
  ...['queue', 'advancedqueue', 'job_schedule', 'messenger_messages'],
  ...['simplenews_mail_spool', 'webform_scheduled_email', 'rules_scheduler', 'notifications_queue'],
];

/** Names without a prefix: tables of a site that has one are copied with all that is in them, and `rewrite` knows the prefix. */
export const drupalEmptied = ({ platform }: InstalledSite, as: CopiedAs): readonly string[] => [
  ...(isSeven(platform.version) ? caches7 : caches8),
  ...(as === 'new site' ? ofOneSite : []),
];
