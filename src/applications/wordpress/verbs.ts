import { siteVerbs } from '../site-tool.ts';
import { wordpressEmptied } from './emptied.ts';
import { wordpressRefusesVariable } from './variables.ts';

export const wordpressVerbs = siteVerbs({
  name: 'wordpress',
  emptied: wordpressEmptied,
  refusesVariable: wordpressRefusesVariable,
  // Style sheets that builders of pages write.
  textFiles: [
    'files/elementor/css',
    'files/bb-plugin/cache',
    'files/et-cache',
    'files/oxygen/css',
    'files/astra',
    'files/fusion-styles',
  ],
});
