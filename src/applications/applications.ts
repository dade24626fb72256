import type { Application } from './application.ts';
import { drupal } from './drupal/drupal.ts';
import { wordpress } from './wordpress/wordpress.ts';

/** In the order in which a directory is asked what it is. */
export const applications: readonly Application[] = [drupal, wordpress];
