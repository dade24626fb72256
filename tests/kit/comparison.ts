import type { ComparedPlatform, ComparedSite } from '../../src/model/comparison.ts';
import type { PackageFound, PackageOnSite } from '../../src/model/package.ts';

/** A package as a scan finds it; what is not said is as plain as can be. */
export const found = (name: string, more: Partial<PackageFound> = {}): PackageFound => ({
  ...{ type: 'module', name, title: name, version: null, schemaVersion: 8000, lastRemovedUpdate: null },
  ...{ coreCompatibility: null, php: null, dependencies: [], path: `modules/${name}`, hidden: false },
  ...{ precedence: 3, ofProfile: null },
  ...more,
});

/** A package as a site has it. */
export const enabled = (name: string, more: Partial<PackageOnSite> = {}): PackageOnSite => ({
  ...{ type: 'module', name, enabled: true, schemaVersion: 8000, isDefault: false },
  ...more,
});

/** A site with Drupal 10.1.2, and the platform that it is on. */
export const comparedSite = (more: Partial<ComparedSite> = {}): ComparedSite => ({
  ...{ name: 'example.com', application: 'drupal', version: '10.1.2', profile: 'standard' },
  ...{ packages: [], around: [], own: [], database: { driver: 'mysql', server: '10.11.6-MariaDB' } },
  ...more,
});

export const comparedPlatform = (more: Partial<ComparedPlatform> = {}): ComparedPlatform => ({
  ...{ name: 'new', status: 'enabled', isVerified: true, application: 'drupal', version: '10.1.8', php: '8.2.29' },
  ...{ packages: [] },
  ...more,
});
