import type { UpdateRules } from '../../model/comparison.ts';
import type { DatabaseAddress } from '../../model/site.ts';
import { isAtLeast } from '../../model/version.ts';

// From core's own source (reference/drupal.md section 1): by first version of Drupal, what it needs. Newest first.

/** PHP, and the first that it does not run on. */
const php = [
  { drupal: '11', least: '8.3.0', before: null },
  { drupal: '10', least: '8.1.0', before: null },
  { drupal: '9.5', least: '7.3.0', before: null },
  { drupal: '8', least: '7.0.8', before: '8.0.0' },
  { drupal: '7', least: '5.3.0', before: null },
] as const;

const databases = [
  { drupal: '11', mysql: '8.0', mariadb: '10.6', pgsql: '16', sqlite: '3.45' },
  { drupal: '10', mysql: '5.7.8', mariadb: '10.3.7', pgsql: '12', sqlite: '3.26' },
  { drupal: '9', mysql: '5.7.8', mariadb: '10.3.7', pgsql: '10', sqlite: '3.26' },
  { drupal: '8', mysql: '5.5.3', mariadb: '5.5.20', pgsql: '9.1.2', sqlite: '3.7.11' },
  { drupal: '7', mysql: '5.0.15', mariadb: '5.1.44', pgsql: '8.3', sqlite: '3.3.7' },
] as const;

const titles = { mysql: 'MySQL', mariadb: 'MariaDB', pgsql: 'PostgreSQL', sqlite: 'SQLite' } as const;

export const drupalRules: UpdateRules = {
  /** Which release of 8 and later can be updated by which is in the code itself, see hook_update_last_removed(). */
  refusesJump(from, to) {
    const [isOld, isNew] = [!isAtLeast(from, '8'), isAtLeast(to, '8')];
    if (isOld === !isNew) return null;
    return {
      why: `no updates lead from Drupal ${from} to ${to}`,
      hint: isOld
        ? 'Make a new site there, and bring its content over with the module Migrate.'
        : 'Choose a platform with a newer Drupal.',
    };
  },

  refusesPhp(version, found) {
    const needed = php.find(({ drupal }) => isAtLeast(version, drupal));
    if (!needed) return null;
    if (!isAtLeast(found, needed.least))
      return `Drupal ${version} needs PHP ${needed.least} or later, and there is ${found}`;
    if (needed.before === null || !isAtLeast(found, needed.before)) return null;
    return `Drupal ${version} needs PHP before ${needed.before}, and there is ${found}`;
  },

  refusesDatabase(driver, version, server) {
    const needed = databases.find(({ drupal }) => isAtLeast(version, drupal));
    if (!needed || server === null) return null;
    const product = productOf(driver, server);
    if (isAtLeast(/\d+(\.\d+)*/.exec(server)?.[0] ?? '', needed[product])) return null;
    return `Drupal ${version} needs ${titles[product]} ${needed[product]} or later, and there is ${server}`;
  },

  /**
   * Drupal 8 and later update nothing while anything enabled is missing (system_requirements(), phase 'update'). Drupal 7 goes
   * on, without what it did: that is borne where nobody sees it, or does not have it now either.
   */
  bearsMissing: (version, { type, isDefault }, now) =>
    !isAtLeast(version, '8') && type !== 'profile' && !isDefault && (now === null || now.hidden || type === 'theme'),

  bearsIncompatible: false,
};

function productOf(driver: DatabaseAddress['driver'], server: string): keyof typeof titles {
  return driver === 'mysql' && /maria/i.test(server) ? 'mariadb' : driver;
}
