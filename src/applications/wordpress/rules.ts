import type { UpdateRules } from '../../model/comparison.ts';

export const wordpressRules: UpdateRules = {
  /** It updates from any version of it to any later one; the schema of its database says which is the later. */
  refusesJump: () => null,
  /** Its version.php names what it needs, and the scan has that as the core's. */
  refusesPhp: () => null,
  refusesDatabase: (driver) =>
    driver === 'mysql' ? null : `WordPress works with MySQL and MariaDB only, not with ${driver}`,
  /** It leaves out a plug-in that is gone, and what that did; without its theme it shows nothing. A mu-plugin is the platform's affair. */
  bearsMissing: (_, { type }, now) => type === 'mu-plugin' || (type === 'plugin' && now === null),
  /** 'Requires at least' keeps a plug-in from being activated, and does not end one that is. */
  bearsIncompatible: true,
};
