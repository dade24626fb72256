import type { Json } from './json.ts';
import type { Secret } from './secret.ts';

export type SiteStatus = 'queued' | 'enabled' | 'disabled' | 'failed' | 'deleted';

/** A database of one site, with names that the hub allocated when it inserted the site: no step invents one. */
export interface Database {
  readonly name: string;
  readonly user: string;
  readonly password: Secret;
}

/** How the site itself reaches its database; what settings and vhosts carry. */
export interface DatabaseAddress {
  readonly driver: 'mysql' | 'pgsql' | 'sqlite';
  /** Database name, or the file's absolute path for sqlite. */
  readonly name: string;
  readonly user: string;
  readonly password: Secret;
  readonly host: string;
  readonly port: number | null;
  /** Unix socket of the database server where that is how it is reached. */
  readonly socket: string | null;
}

export interface Alias {
  readonly name: string;
  /** Whether it answers with a redirect to the site's canonical name instead of the site's pages. */
  readonly redirect: boolean;
}

export type TlsMode = 'off' | 'on' | 'required';

/** How a site's own cron is run; 0 seconds: not by us, so that the application may do it itself. */
export interface CronRule {
  readonly everySeconds: number;
  readonly by: 'web' | 'command';
  readonly secondsMax: number;
}

export interface Site {
  readonly id: string;
  /** The canonical host name; also the name of its context, @example.com. */
  readonly name: string;
  readonly status: SiteStatus;
  /** Directory below `sites/` of the platform. The site's name when it was made; a property of its own because names change. */
  readonly directory: string;
  readonly title: string;
  readonly profile: string;
  readonly language: string;
  readonly email: string;
  readonly aliases: readonly Alias[];
  /** Redirect every name, the canonical one too, to this one of its names; null: no redirection. */
  readonly redirection: string | null;
  readonly tls: TlsMode;
  /** So long a browser comes by https only, once it was told so; null: it is not told. Only where https is required. */
  readonly hstsSeconds: number | null;
  /** Certificate and key files on the web server; null: a self-signed one is made. */
  readonly certificate: { readonly certificatePath: string; readonly keyPath: string } | null;
  /** Certificate and key that the hub keeps, in one text as web servers read it; null: none, or not yet. */
  readonly pem: Secret | null;
  readonly database: Database;
  /**
   * False for a database that was there before us: then we never drop it. Of a site that never was open also false until a task
   * has begun to make it: then nothing under its names is ours.
   */
  readonly databaseIsOurs: boolean;
  /** 55 random bytes in base64url; made once, so that sessions and login links survive a verify. */
  readonly hashSalt: Secret;
  /** The user the application's code runs as. One for all sites today; a property of the site from the start. */
  readonly runUser: string;
  /** Unix socket of the PHP-FPM pool that serves it. */
  readonly fpmSocket: string;
  readonly cronKey: Secret;
  readonly cron: CronRule;
  /** What plug-ins keep about it, by the plug-in's name. */
  readonly data: { readonly [plugin: string]: Json };
}
