type Text = string | undefined;

/**
 * Where a platform's code comes from when its directory is not there yet. A `location`, `repository` or `makefile` is an
 * address (https; see api/source.ts) or a path on the platform's own server.
 */
export type PlatformSource =
  /** Somebody else puts it there. */
  | { readonly type: 'path' }
  /** A tar or zip file; `sha256` in hexadecimal digits is compared before it is opened. */
  | { readonly type: 'archive'; readonly location: string; readonly sha256?: Text; readonly docroot?: Text }
  /** `ref`: a branch, a tag or a whole commit; `composer`: its dependencies are installed too. */
  | {
      readonly type: 'git';
      readonly repository: string;
      readonly ref?: Text;
      readonly composer?: boolean | undefined;
      readonly docroot?: Text;
    }
  /** `composer create-project`; `repository`: of Composer packages, instead of Packagist, for the project itself. */
  | { readonly type: 'composer'; readonly package: string; readonly version?: Text; readonly repository?: Text }
  /** What this Debian package has installed on the server. */
  | { readonly type: 'debian'; readonly package: string }
  | { readonly type: 'makefile'; readonly makefile: string };

/** A user without any rights, made by ./up. What others wrote (plug-ins, archives, repositories) runs and is read as this one. */
export const buildUser = 'aegir-build';

export type BuiltSource = Exclude<PlatformSource, { readonly type: 'path' }>;

/** What building may use up. */
export interface BuildLimits {
  readonly bytesMax: number;
  readonly filesMax: number;
}

/** How a platform's code came to be, or is to come. */
export interface PlatformBuild {
  readonly source: PlatformSource;
  /**
   * The directory that is built, with the document root in it or equal to it; null for a source of type 'path'.
   * What lies beside the document root (vendor/) is never published.
   */
  readonly tree: string | null;
  /** Aegir has built it, so Aegir may remove it. */
  readonly isBuilt: boolean;
  readonly limits: BuildLimits;
}

/** A path on the server, and not an address. */
export const isPath = (location: string): boolean => location.startsWith('/');

/** In words, for a log: 'git https://example.com/d10.git 10.x'. */
export const sourceText = ({ type, ...rest }: PlatformSource): string =>
  [type, ...Object.entries(rest).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]))].join(' ');
