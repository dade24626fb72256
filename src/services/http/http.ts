import type { Machine } from '../../machine/machine.ts';
import type { Changes } from '../../machine/put.ts';
import type { LogPosition, RequestsRead } from '../../model/requests.ts';
import type { Secret } from '../../model/secret.ts';
import type { ServerPaths } from '../../model/server.ts';
import type { Alias, DatabaseAddress, TlsMode } from '../../model/site.ts';
import type { Provides } from '../provides.ts';

/** What the application wants of a web server, in terms that every engine can render. */
export interface Routing {
  /** What answers a path that is no file: '/index.php'. */
  readonly frontController: string;
  /** Scripts that may be run, as paths below the root: everything else that ends in .php answers 404. */
  readonly scripts: readonly string[];
  /** Regular expressions (PCRE, on the path) that always answer 404: source code, dot files, private files. */
  readonly denied: readonly string[];
  /** Path prefix under which uploads lie, relative to the root: 'sites/example.com/files'. Nothing in it is ever executed. */
  readonly files: string;
  /** Served from `files` too: '/files/x' as `sites/…/files/x`. */
  readonly shortFiles: boolean;
}

/** A site as a web server publishes it. */
export interface Vhost {
  readonly siteId: string;
  /** Canonical name; the key. */
  readonly name: string;
  readonly aliases: readonly Alias[];
  readonly redirection: string | null;
  /**
   * PHP is told this host name instead of the one that was asked for; null: the one that was asked for. So a copy that is
   * published under a name of ours shows exactly the pages that it will show under the site's.
   */
  readonly asHost: string | null;
  /** Document root of the platform. */
  readonly root: string;
  /** Directory below `sites/`; reaches PHP as AEGIR_SITE_DIR. */
  readonly directory: string;
  readonly routing: Routing;
  /** 'disabled' answers every request with a notice and 503, 'maintenance' likewise; neither carries credentials. */
  readonly state: 'enabled' | 'disabled' | 'maintenance';
  /** Reach PHP as AEGIR_DB_DRIVER, _NAME, _USER, _PASSWORD, _HOST, _PORT, _SOCKET so that settings hold none. */
  readonly database: DatabaseAddress;
  readonly fpmSocket: string;
  readonly tls: TlsMode;
  /** Told to browsers on https, where that is required; null: nothing. */
  readonly hstsSeconds: number | null;
  /** Files that somebody has put on the server; null: `pem`, or a self-signed one. */
  readonly certificate: { readonly certificatePath: string; readonly keyPath: string } | null;
  /** Certificate and key of the hub's, written beside its configuration; null: a self-signed one. */
  readonly pem: Secret | null;
  /** Canonical names of other vhosts, which are gone in the same reload: what a site that is renamed was, and its copy. */
  readonly replaces: readonly string[];
  /** Lines that plug-ins add for this engine. A site with lines of its own gets a server block of its own. */
  readonly lines: readonly string[];
}

/** Where a vhost is reached from its own server, whatever its name resolves to. */
export interface Door {
  readonly ip: string;
  readonly port: number;
  readonly tls: boolean;
  /** As a browser says it: with the port where it is not the scheme's own. */
  readonly host: string;
}

/** Where the names of its sites are to lead, in the DNS. */
export interface Reached {
  readonly addresses: readonly string[];
  /** A name of the server itself, which then decides; null: the addresses. */
  readonly host: string | null;
}

/** A web server that publishes a site, as one in front of it reaches it. */
export interface Backend {
  readonly host: string;
  readonly port: number;
  readonly tlsPort: number;
}

/** The web server of a server, for another one that publishes by it. */
export interface Web {
  /** Name of the server. */
  readonly server: string;
  /** What other machines call it. */
  readonly host: string;
  readonly machine: Machine;
  readonly paths: ServerPaths;
  readonly http: Http;
}

export interface Webs {
  /** What other machines call the server that they are opened for. */
  readonly host: string;
  /** Those that its options name, in their order. */
  readonly named: readonly Web[];
  /** One that they named before. Null: the hub has no such server any more, or it publishes nothing. */
  find(server: string): Web | null;
}

/** The other servers on which the files of its sites lie. */
export interface Spread {
  readonly members: readonly Web[];
  /** They were members, and may have this site still. */
  former(name: string): Promise<readonly Web[]>;
  /** Nothing of this site is anywhere but on the members; or, when it is gone, on none. */
  settled(name: string): Promise<void>;
}

export interface AskedLog {
  readonly log: 'access' | 'error';
  /** '*.example.com' is every name below it. */
  readonly names: readonly string[];
  readonly linesMax: number;
}

export interface Http extends Provides<Vhost, string> {
  /** Files of its sites are to be brought to other servers, and fetched from there. Absent: they lie on its own only, or on a disk that all share. */
  readonly spread?: Spread | undefined;
  /** Makes it pass the requests for this site on to those that publish it, like `create`. Absent: it cannot. */
  balance?(vhost: Vhost, backends: readonly Backend[]): Promise<Changes>;
  /** Where the operator's own lines for a site go: files that we include and never write. */
  ownLines(siteName: string): string;
  /** What a browser on the server's network opens: 'http://example.com' or with a port that is not the default. */
  address(vhost: Pick<Vhost, 'name' | 'redirection' | 'tls'>): string;
  /** The same from the server itself; null where nothing of ours publishes it. */
  door(vhost: Pick<Vhost, 'name' | 'redirection' | 'tls'>): Door | null;
  /** How the world reaches it, as the operator says: its own addresses may be behind others. */
  readonly reached: Reached;
  /**
   * The last lines of its log that are about one of these host names, as it wrote them, the oldest first: of as much as it
   * has written lately. Throws Problem 'not-found' where it keeps no such log.
   */
  log(asked: AskedLog): Promise<readonly string[]>;
  /** Answers the challenge of a certification authority for all of its names; null: not any more, absent is fine. */
  putChallenge(token: string, text: string | null): Promise<void>;
  /**
   * What was asked of its sites since the log was read to these positions, in one pass for all of them. Null: it keeps no such
   * log, or has written nothing yet.
   */
  requests(positions: readonly LogPosition[]): Promise<RequestsRead | null>;
  /** Whoever takes requests at this moment. After the next `create` they take no more, but still answer what they took. */
  takers(): Promise<readonly string[]>;
  /** Waits until all that these took is answered, for any site; false: not within `limitMs`. */
  haveAnswered(takers: readonly string[], limitMs: number): Promise<boolean>;
}
