import type { CopiedAs, InstalledSite } from '../application.ts';

/**
 * WordPress has no tables for caches or sessions. What a clone must not do a second time is the work that WooCommerce and others
 * have planned: payments, mails. Whoever plans something for ever (as they do) plans it again.
 */
const ofOneSite = [
  ...['*_actionscheduler_actions', '*_actionscheduler_claims', '*_actionscheduler_logs'],
  ...['*_mailpoet_scheduled_tasks', '*_mailpoet_sending_queues', '*_woocommerce_sessions'],
];

export const wordpressEmptied = (_: InstalledSite, as: CopiedAs): readonly string[] =>
  as === 'new site' ? ofOneSite : [];
