import type { Application, InstalledSite, PackageScan } from '../applications/application.ts';
import type { Machine } from '../machine/machine.ts';
import type { Changes } from '../machine/put.ts';
import type { Backup } from '../model/backup.ts';
import type { Certificate, CertificateOrder, LeftOut } from '../model/certificate.ts';
import type { Platform } from '../model/platform.ts';
import type { PlatformBuild } from '../model/platform-source.ts';
import type { LogPosition } from '../model/requests.ts';
import type { Secret } from '../model/secret.ts';
import type { Server, ServerPaths } from '../model/server.ts';
import type { Site } from '../model/site.ts';
import type { Acme } from '../services/acme/acme.ts';
import type { Backups } from '../services/backup/backups.ts';
import type { Cron } from '../services/cron/cron.ts';
import type { Db } from '../services/db/db.ts';
import type { Dns, Pointing } from '../services/dns/dns.ts';
import type { Engine } from '../services/engine.ts';
import type { Relay } from '../services/file/relay.ts';
import type { Http } from '../services/http/http.ts';
import type { Provides } from '../services/provides.ts';
import type { Found } from './outcome.ts';

/** What every task can say while it runs. */
export interface Report {
  /** The machines only pretend: what an earlier step would make is not there to be asked. */
  readonly isDryRun?: boolean;
  note(text: string, level?: 'info' | 'warning'): Promise<void>;
  /** One 'changed' event for each; none for none. */
  changed(changes: Changes): Promise<void>;
  /** Keeps a secret for who asked for the task, sealed and apart from the log: the login link. Fenced like every write. */
  keep(name: 'loginLink', secret: Secret): Promise<void>;
  /** Written to the hub at once and not into the log, for what is long or secret. Fenced; may be repeated. */
  record(found: Found): Promise<void>;
}

export interface OpenService {
  readonly id: string;
  readonly type: string;
  readonly engine: string;
  /** A db service can say what its server is; a web server, what its sites were asked for. */
  readonly opened: Pick<Provides<never, never>, 'verify'> & Partial<Pick<Db, 'version'> & Pick<Http, 'requests'>>;
  /** Of a web server: how far its log was read. */
  readonly readTo: readonly LogPosition[];
}

/** A server with everything on it, resolved: no step looks anything up. */
export interface ServerContext {
  readonly report: Report;
  readonly server: Server;
  readonly paths: ServerPaths;
  readonly machine: Machine;
  readonly services: readonly OpenService[];
  /** All engines there are, for the diagnosis to look what else is there. */
  readonly engines: readonly Engine[];
  /** What its sshd shows of host keys, as ssh-keyscan says it; null: it is reached without ssh. */
  readonly scanHostKeys: (() => Promise<string>) | null;
}

export interface PlatformContext extends Omit<ServerContext, 'services' | 'engines' | 'scanHostKeys'> {
  readonly platform: Platform;
  readonly build: PlatformBuild;
  readonly http: Http;
  /** Those that could be it; the first verify finds out which. */
  readonly applications: readonly Application[];
  /** The last scan, so that the next is quick. */
  readonly scan: PackageScan | null;
  /** Directories below sites/ of the sites the hub knows on it. */
  readonly siteDirectories: readonly string[];
  /** Directories below sites/ that an earlier verify found and the hub does not know. */
  readonly sitesFound: readonly string[];
}

/** A dns service, with the server that a person knows it by. */
export interface DnsService {
  readonly id: string;
  readonly server: string;
  readonly dns: Dns;
}

/** A name of a site that has, or may have, records at a dns service. */
export interface SiteRecord {
  readonly service: DnsService;
  readonly name: string;
  /** Where it leads since its last task has ended; null: a task may have made it. */
  readonly pointing: Pointing | null;
}

export interface SiteDns {
  /** Where its names have their records from now on; null: somebody else cares for them. */
  readonly service: DnsService | null;
  /** For how long others may remember its records; null: as the service says. */
  readonly ttlSeconds: number | null;
  /** No longer than this, whoever says what: it moves in stages. null: nothing limits it. */
  readonly ttlSecondsMax: number | null;
  /** By which its records are known. */
  readonly owner: string;
  /** What is there of it, also at a service that was its own before. */
  readonly records: readonly SiteRecord[];
}

export interface SiteContext extends Omit<ServerContext, 'services' | 'engines' | 'scanHostKeys'> {
  /** Ids of its services, as two sites may have one and the same, and names of their engines. */
  readonly services: {
    readonly http: string;
    readonly db: string;
    readonly httpEngine: string;
    readonly dbEngine: string;
  };
  readonly site: Site;
  readonly platform: Platform;
  readonly http: Http;
  readonly db: Db;
  readonly dns: SiteDns;
  /** Its server's own cron; null: the hub sees to it. */
  readonly cron: Cron | null;
  readonly application: Application;
  /** Of its platform. */
  readonly scan: PackageScan | null;
  /** Of its own directory. */
  readonly ownScan: PackageScan | null;
  /** The site as the application sees it; the same object in every step. */
  readonly installed: InstalledSite;
  /** Lines that plug-ins add to the site's settings and to its vhost. */
  readonly lines: { readonly settings: readonly string[]; readonly vhost: readonly string[] };
}

/** A site as it will be when its task is done: who it is from the site, where it is from the copy that was allocated with the task. */
export interface CopyContext extends SiteContext {
  /** Directory below sites/ in which it is made: the one that it then has, or a hidden one that takes its place. */
  readonly draft: string;
}

/** A backup with the store that it is in, or will be, wherever backups of that server go today. */
export interface BackupContext extends Omit<ServerContext, 'services' | 'engines' | 'scanHostKeys'> {
  readonly backup: Backup;
  readonly backups: Backups;
  /** Name of the store's engine. */
  readonly engine: string;
  readonly transfers: Transfers;
}

/** Through which the hub takes and gives files: a directory of the worker's own machine, which has the store too or has not. */
export interface Transfers {
  readonly machine: Machine;
  readonly directory: string;
}

/** A certificate on its way from an authority, with whatever can prove its names. */
export interface CertificateContext {
  readonly report: Report;
  readonly certificate: Certificate;
  /** null: nobody has agreed to the terms of the authority. */
  readonly acme: Acme | null;
  /** Its dns service, where names are proven by records. */
  readonly dns: DnsService | null;
  /** The web server of the site with this name, of those that use the certificate. */
  webOf(name: string): Pick<Http, 'putChallenge'> | null;
  /** The file of a challenge, from all web servers that may have it. Absent is fine. */
  withdrawFile(token: string): Promise<void>;
  /** As far as it has come; with what a worker before this one has left. */
  readonly state: {
    names: readonly string[];
    leftOut: readonly LeftOut[];
    order: CertificateOrder | null;
    key: Secret | null;
  };
}

/** A file service that two servers have in common, as each of them has it. */
export interface CommonFiles {
  /** Whose it is. */
  readonly server: string;
  readonly from: Relay;
  readonly to: Relay;
  /** Throws Problem 'disk-full' when so many bytes have no room in it. */
  demandRoom(bytes: number): Promise<void>;
}

/** How a task type asks for the rows it needs, opened and ready to use. The worker answers from the hub, a test from memory. */
export interface Load {
  server(id: string): Promise<ServerContext>;
  platform(id: string): Promise<PlatformContext>;
  site(id: string): Promise<SiteContext>;
  /** `change` is what will be different of the site itself. Throws Problem 'not-found' when none was allocated. */
  copy(id: string, change?: (site: Site) => Site): Promise<CopyContext>;
  backup(id: string): Promise<BackupContext>;
  /** The one that comes to be with this task. Throws Problem 'not-found' when it makes none. */
  newBackup(): Promise<BackupContext>;
  certificate(id: string): Promise<CertificateContext>;
  /** File services by which files may go from the one's server to the other's, in the order in which they are to be tried. */
  common(from: SiteContext, to: SiteContext): Promise<readonly CommonFiles[]>;
}
