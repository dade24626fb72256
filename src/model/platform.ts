export type PlatformStatus = 'queued' | 'enabled' | 'failed' | 'locked' | 'deleted';

export interface Platform {
  readonly id: string;
  readonly name: string;
  /** The document root: where index.php of the application is. Absolute, normalised, no trailing slash. */
  readonly root: string;
  readonly status: PlatformStatus;
  /** Name of the application, as 'drupal'; null before the first verify found out. */
  readonly application: string | null;
  readonly version: string | null;
}

/** A platform's root is written into web server configuration, so it holds nothing that needs quoting there. */
export const platformRoot = /^\/[A-Za-z0-9._/-]+$/;
