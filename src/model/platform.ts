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

/** Whether a file of a code base, by its path in it, may hold passwords of sites that came with it: then not everybody may read it. */
export const mayHoldPasswords = (path: string): boolean =>
  /(?:^|\/)(?:sites\/[^/]+\/(?:[^/]*settings[^/]*\.php|drushrc\.php)|wp-config\.php|\.env)$/.test(path) &&
  !/(?:^|\/)(?:default\.settings\.php|example\.settings[^/]*)$/.test(path);
