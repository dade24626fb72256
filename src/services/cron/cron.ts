import type { Secret } from '../../model/secret.ts';
import type { Provides } from '../provides.ts';

/** A site's cron, for a server that runs it by itself. */
export interface CronJob {
  readonly siteId: string;
  readonly everySeconds: number;
  /** For PHP's standard input. Holds the database's password. */
  readonly script: Secret;
  /** Whom it runs as. */
  readonly runUser: string;
}

/** By the site's id. */
export interface Cron extends Provides<CronJob, string> {}
