/** 'core' is the application itself, one on every platform; 'mu-plugin' one that WordPress runs on every site. */
export const packageTypes = ['core', 'profile', 'module', 'theme', 'engine', 'plugin', 'mu-plugin'] as const;
export type PackageType = (typeof packageTypes)[number];

/** One release of a package at one place of a platform or of a site's own directory: what old Aegir called an instance. */
export interface PackageFound {
  readonly type: PackageType;
  /** Machine name: 'views'. */
  readonly name: string;
  readonly title: string;
  /** As the code says: '8.x-3.24', '10.1.2'; null in a checkout that says nothing. */
  readonly version: string | null;
  /** The schema version that a fresh install notes; null where the application has no such thing. */
  readonly schemaVersion: number | null;
  /** Updates up to this one are not in the code any more: a database that is older cannot be updated by it. */
  readonly lastRemovedUpdate: number | null;
  /** The constraint as written: '^9.5 || ^10', '7.x'; null if it makes none. */
  readonly coreCompatibility: string | null;
  /** The least PHP it asks for. */
  readonly php: string | null;
  /** Machine names of what it does not run without: modules, a base theme. */
  readonly dependencies: readonly string[];
  /** Directory, relative to the platform's root; '' for the root itself. */
  readonly path: string;
  readonly hidden: boolean;
  /** Of several copies with one name the one that stands highest is used. */
  readonly precedence: number;
  /** It lies in the directory of this profile, and only sites of that profile see it; null: all see it. */
  readonly ofProfile: string | null;
}

/** A package as one site has it. */
export interface PackageOnSite {
  readonly type: PackageType;
  readonly name: string;
  readonly enabled: boolean;
  /** As noted in the site's database. */
  readonly schemaVersion: number | null;
  /** The theme of its pages or of its administration. */
  readonly isDefault: boolean;
}

type Named = Pick<PackageFound, 'type' | 'name'>;
export const packageKey = ({ type, name }: Named): string => `${type} ${name}`;

/** Of each name the copy that a site with this profile uses, by `packageKey`. The hub's list of sites by package has the same rule in SQL. */
export function packagesInUse(packages: readonly PackageFound[], profile: string): ReadonlyMap<string, PackageFound> {
  const inUse = new Map<string, PackageFound>();
  for (const one of packages) {
    if (one.ofProfile !== null && one.ofProfile !== profile) continue;
    const other = inUse.get(packageKey(one));
    if (!other || one.precedence > other.precedence) inUse.set(packageKey(one), one);
  }
  return inUse;
}
