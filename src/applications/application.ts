import type { FileMode, Machine } from '../machine/machine.ts';
import type { UpdateRules } from '../model/comparison.ts';
import type { Json } from '../model/json.ts';
import type { Owner } from '../model/owner.ts';
import type { PackageFound, PackageOnSite } from '../model/package.ts';
import type { Platform } from '../model/platform.ts';
import type { Secret } from '../model/secret.ts';
import type { DatabaseAddress, Site } from '../model/site.ts';
import type { Door, Routing } from '../services/http/http.ts';

/** What a directory turned out to be. */
export interface CodeBase {
  readonly application: string;
  readonly version: string;
  /** The document root that was found: `root` itself or a directory such as `web` in it. */
  readonly root: string;
}

/** A site as its application sees it: what its settings say and its own tool can reach. */
export interface InstalledSite {
  readonly site: Site;
  readonly platform: Platform;
  readonly database: DatabaseAddress;
  /** Where a browser reaches it, without a trailing slash: 'http://example.com'. */
  readonly address: string;
}

/** What a copy of a site is to be: the site itself at another place, or a site of its own that begins as this one is. */
export type CopiedAs = 'same site' | 'new site';

/** Where a site was, and what it was called there. */
export interface FormerPlace {
  readonly root: string;
  readonly directory: string;
  readonly address: string;
  /** All of its host names. */
  readonly names: readonly string[];
  /** Of the application. */
  readonly version: string | null;
}

/** For the log: 'node__body.body_value', and how many rows. */
export interface Rewritten {
  readonly what: string;
  readonly rows: number;
}

export interface WantedDirectory extends FileMode {
  readonly path: string;
}
export interface WantedFile extends FileMode {
  readonly path: string;
  readonly text: string | Secret;
  /** Made if it is absent and never written again: the operator's. */
  readonly once?: boolean;
  /** Where a file that was there before us is kept when ours takes its place; see `keepForeign`. */
  readonly foreignTo?: string;
}

export interface Status {
  readonly title: string;
  readonly version: string;
  readonly profile: string | null;
  readonly packages: readonly PackageOnSite[];
  readonly maintenance: boolean;
}

export interface Counts {
  readonly usersRegistered: number;
  readonly usersActive: number;
  readonly posts: number;
  readonly comments: number;
}

export interface PendingUpdate {
  readonly package: string;
  /** '10101' or 'post_update_name'. */
  readonly update: string;
  readonly description: string;
}

/** A site that lies in a platform's directory, as its own settings describe it. */
export interface SiteFound {
  readonly directory: string;
  /** Null where settings take it from the environment (then the hub that wrote them has it). */
  readonly database: {
    readonly driver: string;
    readonly name: string;
    readonly user: string;
    readonly password: Secret;
    readonly host: string;
    readonly port: number | null;
  } | null;
  readonly hashSalt: Secret | null;
}

/**
 * An application knows its own code and nothing of hubs, vhosts or tasks. What it does to a site it does as the site's
 * `runUser`, through the machine it is given; that code reaches none of the hub's secrets.
 * Every method throws Problem 'application-failed' with what the application said.
 */
export interface Application extends UpdateRules {
  readonly name: string;
  readonly title: string;

  /** Null: not this application. Throws 'invalid' for code that is this application but cannot run here, with the reason. */
  detect(machine: Machine, root: string): Promise<CodeBase | null>;
  /** What a platform has for all its sites. `known` is what an earlier scan returned; it is returned itself if nothing has changed since. */
  packages(machine: Machine, root: string, known: PackageScan | null): Promise<PackageScan>;
  /** What lies in the site's own directory and goes with it. */
  ownPackages(
    machine: Machine,
    site: Pick<InstalledSite, 'site' | 'platform'>,
    known: PackageScan | null,
  ): Promise<PackageScan>;
  /** Files of ours that all sites of a platform share, such as sites/sites.php. Constant: no site's data is in them. */
  platformFiles(platform: Platform): readonly WantedFile[];
  /** What lies below sites/ and looks like a site, without those in these directories: who knows them need not start PHP to read their settings. */
  sitesFound(machine: Machine, platform: Platform, except?: readonly string[]): Promise<readonly SiteFound[]>;

  /** Profiles that can be installed; [] where the application has none. */
  profiles(scan: Pick<PackageScan, 'packages'>): readonly string[];
  routing(site: Site, platform: Platform): Routing;
  /** The site's directories with their permissions, parents first. */
  directories(site: Site, platform: Platform): readonly WantedDirectory[];
  /** Settings of the site, without credentials of the database. */
  files(site: InstalledSite, ownLines: readonly string[]): readonly WantedFile[];

  // Each waits until no other is at work on the site, even one of a worker that was killed; but `status`, `loginLink`, `cron`
  // and `counts` run at any time.
  install(machine: Machine, site: InstalledSite): Promise<void>;
  isInstalled(machine: Machine, site: InstalledSite): Promise<boolean>;
  status(machine: Machine, site: InstalledSite): Promise<Status>;
  /** A link that logs in once; for the first account unless a user name is given. */
  loginLink(machine: Machine, site: InstalledSite, user?: string): Promise<string>;
  /**
   * Runs what is due: through this door of its web server, with the key that it wants, or by command line (null). Answers the last
   * that it said. WordPress over the web answers at once and goes on behind that, so how it ended is not known.
   */
  cron(
    machine: Machine,
    site: InstalledSite,
    how: { readonly through: Door | null; readonly timeoutMs: number },
  ): Promise<string>;
  /** The same as a text for PHP's standard input, for who runs it by other means. Holds the database's password. */
  cronScript(site: InstalledSite, how: { readonly through: Door | null; readonly timeoutMs: number }): Secret;
  counts(machine: Machine, site: InstalledSite): Promise<Counts>;
  setMaintenance(machine: Machine, site: InstalledSite, on: boolean): Promise<void>;
  /**
   * Makes it the site of who has it from now on: title and mail address as they are in `site`, for the first account too, whose
   * password nobody knows afterwards. Nobody gets a mail. May be repeated; login links that were made before do not work any more.
   * Answers a new one, as PHP has been started: who waits for it waits for that once. Throws 'invalid' for a variable that
   * `refusesVariable`, 'conflict' where another account has that name.
   */
  handOver(machine: Machine, site: InstalledSite, owner?: Owner): Promise<string>;
  /** Why nobody may set this variable from outside ('is …'); null: one may. Of this version; null: of none that is known. */
  refusesVariable(name: string, version: string | null): string | null;
  rebuildCaches(machine: Machine, site: InstalledSite): Promise<void>;
  pendingUpdates(machine: Machine, site: InstalledSite): Promise<readonly PendingUpdate[]>;
  /**
   * Throws when one fails: the message names it and those that had run before it, and the site is left in maintenance mode.
   * What updates require is looked at before the first one. They may take `timeoutMs`, an hour unless it is said.
   */
  runUpdates(machine: Machine, site: InstalledSite, timeoutMs?: number): Promise<readonly PendingUpdate[]>;
  /**
   * Tables, as globs of `*`, whose rows a copy does not need: caches, which the site fills again; for a new site also what
   * belongs to one site only, such as sessions and work that was queued. Their structure is needed.
   */
  emptied(site: InstalledSite, as: CopiedAs): readonly string[];
  /**
   * After a site's database and files came to be at another place or under another name, with its settings written there: rewrites
   * what speaks of the old one, takes away what was compiled or kept for it, and has it made anew. May be repeated, also after it
   * was killed. Throws 'conflict' where the settings lead to another database than the site's: it would be the old site's.
   * Where updates are pending, the application is not started: they make anew what is missing, and must follow. Who runs them in any
   * case says so, and nobody looks.
   */
  rewrite(
    machine: Machine,
    site: InstalledSite,
    before: FormerPlace,
    as: CopiedAs,
    updatesFollow?: boolean,
  ): Promise<readonly Rewritten[]>;
  /** What the site itself logged as an error since then, the newest first, at most 50. [] also where it keeps no log that we can read. */
  problems(machine: Machine, site: InstalledSite, sinceMs: number): Promise<readonly string[]>;
  /** Digests of its configuration by name, without what changes by itself: to see what updates did to it. */
  config(machine: Machine, site: InstalledSite): Promise<Readonly<Record<string, string>>>;
  /** A page that nobody sees but who came in by this login link, with status 200. */
  insidePath(link: string): string;
  /** Removes what the site's own user wrote below the directory, which the back end's user may not. */
  removeWritten(machine: Machine, site: InstalledSite, path: string): Promise<void>;
}

/** What a scan of code found, with what it needs to be quicker next time. Stored as JSON by the hub. Paths are relative to the document root. */
export interface PackageScan {
  readonly packages: readonly PackageFound[];
  /** Which scanner made it, with its edition. */
  readonly scanner: string;
  /** A stamp for each directory that was searched and each file that was read, by which a change is seen; null for what was not there. */
  readonly seen: { readonly [path: string]: string | null };
  /** What was in each file that was read and says something. */
  readonly files: { readonly [path: string]: Json };
}
