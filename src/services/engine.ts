import type { ZodType } from 'zod';
import type { Machine } from '../machine/machine.ts';
import type { ServerPaths } from '../model/server.ts';
import type { Backups } from './backup/backups.ts';
import type { Cron } from './cron/cron.ts';
import type { Db } from './db/db.ts';
import type { Dns } from './dns/dns.ts';
import type { Files } from './file/files.ts';
import type { Http, Webs } from './http/http.ts';
import type { Provides } from './provides.ts';

/** The service types that the core knows, each with its interface. A plug-in's type is any other word, and gives what `Provides` promises. */
export interface Services {
  http: Http;
  db: Db;
  backup: Backups;
  dns: Dns;
  cron: Cron;
  file: Files;
}

/** What an engine is opened with: the hands on its server, and where things lie there. */
export interface EngineHost {
  readonly machine: Machine;
  readonly paths: ServerPaths;
  /** Of a db service: the sites are on this other machine, which reaches the service's as `host`, and on these besides. */
  readonly sites?: { readonly machine: Machine; readonly host: string; readonly more?: readonly Machine[] };
  /** Of an http service that publishes by those of other servers. */
  readonly webs?: Webs;
  /** Of a file service that another server uses: whose it is. Machine and paths are then those of the server whose files are stored. */
  readonly offeredBy?: string;
  /** Of a backup service that names a file service: that one, for the files of this machine. */
  readonly files?: Files;
}

export interface Detected {
  readonly engine: string;
  readonly version: string;
  /** Options that would fit what was found. */
  readonly options: Record<string, unknown>;
}

export interface Engine {
  readonly type: string;
  readonly name: string;
  readonly title: string;
  /** The API validates with it, the panel draws the form from it, the CLI makes its flags of it. */
  readonly options: ZodType;
  /** Names of options that are secrets: sealed in the hub's database, never answered by the API. */
  readonly secrets: readonly string[];
  /** Names of the servers whose http service it publishes by, for those options. */
  uses(options: unknown): readonly string[];
  /** What it runs on the machine besides what every server has, by name, with Debian's package of each. */
  readonly programs?: Readonly<Record<string, string>>;
  /** Does nothing yet: it only binds. */
  open(host: EngineHost, options: unknown): unknown;
  /** Looks whether the program is there, for the diagnosis of `server verify`. */
  detect?(machine: Machine): Promise<Detected | null>;
}

/** What `server verify` asks of every service; the rest is the plug-in's own affair. */
type Opened<Type extends string> = Type extends keyof Services
  ? Services[Type]
  : Pick<Provides<never, never>, 'verify'>;

/** Ties `open` to the engine's own options, so that neither the engine nor the list of engines needs a cast. */
export function engine<const Type extends string, Options>(definition: {
  readonly type: Type;
  readonly name: string;
  readonly title: string;
  readonly options: ZodType<Options>;
  readonly secrets?: readonly (keyof Options & string)[];
  uses?(options: Options): readonly string[];
  readonly programs?: Readonly<Record<string, string>>;
  open(host: EngineHost, options: Options): Opened<Type>;
  detect?(machine: Machine): Promise<Detected | null>;
}): Engine {
  const { options, open, secrets = [], uses = () => [] } = definition;
  return {
    ...definition,
    secrets,
    uses: (given) => uses(options.parse(given)),
    open: (host, given) => open(host, options.parse(given)),
  };
}
