import type { PackageScan } from '../applications/application.ts';
import type { BackupStatus, KeptElsewhere, Looked, Manifest } from '../model/backup.ts';
import type { CertificateOrder, CertificateStatus, LeftOut } from '../model/certificate.ts';
import type { ReadChain } from '../model/certificate-chain.ts';
import type { Json } from '../model/json.ts';
import type { PackageOnSite } from '../model/package.ts';
import type { PlatformStatus } from '../model/platform.ts';
import type { Secret } from '../model/secret.ts';
import type { ServerStatus } from '../model/server.ts';
import type { Database, SiteStatus } from '../model/site.ts';
import type { Pointing } from '../services/dns/dns.ts';

/** What the hub writes down in the transaction that ends the task. */
export interface Outcome {
  readonly server?: { readonly status?: ServerStatus; readonly verified?: boolean; readonly diagnosis?: Json };
  readonly platform?: {
    readonly status?: PlatformStatus;
    readonly verified?: boolean;
    readonly root?: string;
    readonly application?: string;
    readonly version?: string;
    /** Its tree was built by this task. */
    readonly built?: true;
  };
  readonly site?: {
    readonly status?: SiteStatus;
    readonly verified?: boolean;
    readonly databaseIsOurs?: boolean;
    /** All of its DNS records, in the place of those that were known. */
    readonly records?: readonly { readonly service: string; readonly name: string; readonly pointing: Pointing }[];
    /** It is now where its copy is. */
    readonly moved?: Moved;
  };
  /** Of the backup that the task is about. */
  readonly backup?: { readonly status: Extract<BackupStatus, 'failed' | 'deleted'> };
  readonly certificate?: { readonly status: Extract<CertificateStatus, 'enabled' | 'failed'> };
}

/** What a site takes over from the copy that was allocated with its task; place and name always. */
export interface Moved {
  /** Whether its database is the copy's too; else it keeps its own. */
  readonly database: boolean;
  /** What becomes of its former name, where it has a new one; 'redirect' if not given. */
  readonly oldName?: 'redirect' | 'alias' | 'none';
}

/** What a step found out about a backup, or made of it. */
export interface FoundBackup {
  readonly id: string;
  readonly status?: Extract<BackupStatus, 'failed' | 'deleted'>;
  /** It is whole, and lies where it should: from now on it is one. */
  readonly made?: { readonly manifest: Manifest; readonly bytes: number; readonly elsewhere?: KeptElsewhere };
  /** Where its second copy lies since this task. */
  readonly elsewhere?: KeptElsewhere;
  readonly verified?: Looked;
  readonly tested?: Looked;
}

/** What a step has of a certificate on its way. */
export interface FoundCertificate {
  readonly id: string;
  readonly leftOut?: readonly LeftOut[];
  /** null: it is over, and the key that was to be is forgotten. */
  readonly order?: CertificateOrder | null;
  readonly comingKey?: Secret;
  /** From now on it is this one; sites that use it are to be verified. */
  readonly made?: ReadChain & { readonly chain: string; readonly key: Secret };
}

/** What a step found out. */
export interface Found {
  readonly server?: Pick<NonNullable<Outcome['server']>, 'diagnosis'> & {
    /** Those by which it is known from now on. */
    readonly hostKeys?: readonly string[];
    /** What the server of a service says it is: '10.11.6-MariaDB'. */
    readonly services?: readonly { readonly id: string; readonly version: string | null }[];
  };
  readonly platform?: Omit<NonNullable<Outcome['platform']>, 'status' | 'verified' | 'built'> & {
    readonly scan?: PackageScan;
    /** Sites on disk that the hub does not know: it shows them, a person imports them. */
    readonly sitesFound?: readonly { readonly directory: string }[];
  };
  readonly site?: {
    readonly packages?: readonly PackageOnSite[];
    /** What lies in its own directory. */
    readonly scan?: PackageScan;
    readonly profile?: string;
    /** Of an imported site: the database it brought with it, which is not ours. */
    readonly database?: Database;
    readonly hashSalt?: Secret;
    /** Of a new site: whether what lies under its names on its server was made by us. */
    readonly databaseIsOurs?: boolean;
    /** DNS records that are about to be made; or that those are gone again. */
    readonly records?: readonly { readonly service: string; readonly name: string }[] | 'undone';
  };
  readonly backup?: FoundBackup;
  readonly certificate?: FoundCertificate;
  /** Of the copy that was allocated with the task; the site's own from when it takes the copy over. */
  readonly copy?: { readonly packages: readonly PackageOnSite[]; readonly profile?: string };
}
