import type { PackageScan } from '../applications/application.ts';
import type { Json } from '../model/json.ts';
import type { PackageOnSite } from '../model/package.ts';
import type { PlatformStatus } from '../model/platform.ts';
import type { Secret } from '../model/secret.ts';
import type { ServerStatus } from '../model/server.ts';
import type { Database, SiteStatus } from '../model/site.ts';

/** What the hub writes down in the transaction that ends the task. */
export interface Outcome {
  readonly server?: { readonly status?: ServerStatus; readonly verified?: boolean; readonly diagnosis?: Json };
  readonly platform?: {
    readonly status?: PlatformStatus;
    readonly verified?: boolean;
    readonly root?: string;
    readonly application?: string;
    readonly version?: string;
  };
  readonly site?: {
    readonly status?: SiteStatus;
    readonly verified?: boolean;
    readonly databaseIsOurs?: boolean;
  };
}

/** What a step found out. */
export interface Found {
  readonly server?: Pick<NonNullable<Outcome['server']>, 'diagnosis'> & {
    /** What the server of a service says it is: '10.11.6-MariaDB'. */
    readonly services?: readonly { readonly id: string; readonly version: string | null }[];
  };
  readonly platform?: Omit<NonNullable<Outcome['platform']>, 'status' | 'verified'> & {
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
  };
}
