import { siteVerbs } from '../site-tool.ts';
import { drupalEmptied } from './emptied.ts';
import { drupalRefusesVariable } from './variables.ts';

export const drupalVerbs = siteVerbs({
  name: 'drupal',
  emptied: drupalEmptied,
  refusesVariable: drupalRefusesVariable,
  // Style sheets that modules write, and configuration that was exported.
  textFiles: ['files/color', 'files/ctools/css', 'private/config'],
});
