export type PackageType = 'profile' | 'module' | 'theme' | 'engine' | 'plugin';

/** One release of a package at one place of a platform: what old Aegir called an instance. */
export interface PackageFound {
  readonly type: PackageType;
  /** Machine name: 'views'. */
  readonly name: string;
  readonly title: string;
  /** As the code says: '8.x-3.24', '10.1.2'; null in a checkout that says nothing. */
  readonly version: string | null;
  /** The newest schema version the code would update to; null where the application has no such thing. */
  readonly schemaVersion: number | null;
  /** The constraint as written: '^9.5 || ^10', '7.x'; null if it makes none. */
  readonly coreCompatibility: string | null;
  /** Directory, relative to the platform's root. */
  readonly path: string;
  readonly hidden: boolean;
}

/** A package as one site has it. */
export interface PackageOnSite {
  readonly type: PackageType;
  readonly name: string;
  readonly enabled: boolean;
  readonly schemaVersion: number | null;
}
