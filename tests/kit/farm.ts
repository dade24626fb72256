import assert from 'node:assert/strict';
import type { Application, PackageScan } from '../../src/applications/application.ts';
import type { Hands } from '../../src/machine/hands.ts';
import type { Machine } from '../../src/machine/machine.ts';
import { MemoryMachine } from '../../src/machine/memory.ts';
import type { MemoryWorld } from '../../src/machine/memory-world.ts';
import type { Log, TaskEvent } from '../../src/model/event.ts';
import type { Platform, PlatformStatus } from '../../src/model/platform.ts';
import { Secret } from '../../src/model/secret.ts';
import { type Server, type ServerStatus, serverPaths } from '../../src/model/server.ts';
import type { Database, Site, SiteStatus } from '../../src/model/site.ts';
import type { Db } from '../../src/services/db/db.ts';
import type { Engine } from '../../src/services/engine.ts';
import type { Http } from '../../src/services/http/http.ts';
import type { Load, Report } from '../../src/tasks/context.ts';
import type { Found, Outcome } from '../../src/tasks/outcome.ts';

/** One server with one platform, in memory or real; every engine and application can be put in. */
export interface Place {
  readonly http: Engine;
  readonly db: Engine;
  readonly application: Application;
  readonly applications: readonly Application[];
  readonly engines: readonly Engine[];
  readonly profile: string;
  /** '/var/aegir', and the platform's root below it. */
  readonly root: string;
  readonly platformRoot: string;
  readonly httpOptions: unknown;
  readonly dbOptions: unknown;
  readonly fpmSocket: string;
  open(hands: Hands): Machine;
}

/** A place in memory. */
export interface FarmParts extends Place {
  readonly world: MemoryWorld;
}

/** The truth about one server, one platform and one site, as the hub would have it. */
export interface Truth {
  server: ServerStatus;
  platform: PlatformStatus;
  site: SiteStatus;
  /** Of the platform's code, once it was verified. */
  version: string | null;
  /** Whether the site counts as being on the platform. */
  siteIsThere: boolean;
  databaseIsOurs: boolean;
  scan: PackageScan | null;
  /** Of the site's own directory. */
  ownScan: PackageScan | null;
  /** Of an imported site, once the hub knows it. */
  database: Database | null;
  found: Found[];
  kept: string[];
}

export const platformRootOfFarm = '/var/aegir/platforms/p1';
/** What all places in memory have in common. */
export const placeInMemory = (world: MemoryWorld) => ({
  ...{ world, root: '/var/aegir', platformRoot: platformRootOfFarm, httpOptions: {}, dbOptions: {} },
  fpmSocket: '/run/php/php-fpm.sock',
  open: (hands: Hands) => new MemoryMachine(hands, world),
});
export const siteName = 'example.com';

export const freshTruth = (): Truth => ({
  server: 'queued',
  platform: 'queued',
  site: 'queued',
  version: null,
  siteIsThere: true,
  databaseIsOurs: true,
  scan: null,
  ownScan: null,
  database: null,
  found: [],
  kept: [],
});

/** One worker at work on the farm: its log, its claim, its hands. `wrap` may put something between it and the machine. */
export interface Hand {
  readonly events: TaskEvent[];
  readonly log: Log;
  readonly claim: AbortController;
  readonly load: Load;
}

export interface HandMore {
  /** Told of each event before it is written; throws where the worker dies of it. */
  before?(event: TaskEvent, claim: AbortController): void;
  /** As an earlier worker left it. */
  readonly events?: readonly TaskEvent[];
  /** The number of the event that it does not live to write. */
  readonly diesAt?: number;
  wrap?(machine: Machine): Machine;
}

export function hand(
  place: Place,
  truth: Truth,
  { events: past = [], diesAt = Number.POSITIVE_INFINITY, before, wrap }: HandMore = {},
): Hand {
  const events: TaskEvent[] = [...past];
  const claim = new AbortController();
  const log: Log = {
    async append(event) {
      if (events.length >= diesAt) claim.abort(new Error('power cut'));
      before?.(event, claim);
      claim.signal.throwIfAborted();
      events.push(event);
    },
  };
  const hands: Hands = { name: 'master', log, claim: claim.signal, secrets: [password, salt] };
  const bare = place.open(hands);
  const machine = wrap ? wrap(bare) : bare;
  return { events, log, claim, load: loadOf(place, truth, machine, reportTo(truth, log)) };
}

const password = new Secret('s3cret-of-the-database');
const salt = new Secret('s4lt-of-the-site-abcdefghijklmnopqrstuvwxyz');

function reportTo(truth: Truth, log: Log): Report {
  return {
    note: (text, level = 'info') => log.append({ type: 'note', level, text }),
    async changed(changes) {
      for (const what of changes) await log.append({ type: 'changed', what });
    },
    async keep(name) {
      truth.kept.push(name);
    },
    async record(found) {
      truth.found.push(found);
      if (found.platform?.scan) truth.scan = found.platform.scan;
      if (found.site?.scan) truth.ownScan = found.site.scan;
      if (found.site?.database) truth.database = found.site.database;
    },
  };
}

function loadOf(place: Place, truth: Truth, machine: Machine, report: Report): Load {
  const { application, applications, engines, profile, platformRoot } = place;
  const server: Server = { id: '1', name: 'master', host: 'localhost', status: truth.server, data: {} };
  const paths = serverPaths(place.root, 'master');
  const host = { machine, paths };
  const http = place.http.open(host, place.httpOptions) as Http;
  const db = place.db.open(host, place.dbOptions) as Db;
  const known = truth.platform !== 'queued';
  const platform: Platform = {
    id: '1',
    name: 'p1',
    root: platformRoot,
    status: truth.platform,
    application: known ? application.name : null,
    version: truth.version,
  };
  const site: Site = {
    ...{ id: '7', name: siteName, directory: siteName, title: 'Example', language: 'en', email: 'a@example.com' },
    ...{ status: truth.site, profile, redirection: null, tls: 'off', certificate: null, data: {} },
    aliases: [{ name: 'www.example.com', redirect: false }],
    database: truth.database ?? { name: 'examplecom_7', user: 'examplecom_7', password },
    databaseIsOurs: truth.databaseIsOurs,
    hashSalt: salt,
    runUser: 'www-data',
    fpmSocket: place.fpmSocket,
    cronKey: salt,
  };
  const common = { report, server, paths, machine };
  return {
    server: async () => ({
      ...common,
      engines,
      services: [
        { id: '1', type: 'http', engine: place.http.name, opened: http },
        { id: '2', type: 'db', engine: place.db.name, opened: db },
      ],
    }),
    platform: async () => ({
      ...{ ...common, platform, http, applications, scan: truth.scan },
      siteDirectories: truth.siteIsThere ? [site.directory] : [],
      sitesFound: [],
    }),
    site: async () => ({
      ...{ ...common, site, platform, http, db, application, scan: truth.scan, ownScan: truth.ownScan },
      installed: {
        ...{ site, platform, address: http.address(site) },
        database: db.address(site.database, `${platformRoot}/sites/${site.directory}`),
      },
      lines: { settings: [], vhost: [] },
    }),
  };
}

/** What the hub would write when the task ends. */
export function settle(truth: Truth, { server, platform, site }: Outcome): void {
  if (server?.status) truth.server = server.status;
  if (platform?.status) truth.platform = platform.status;
  if (platform?.version) truth.version = platform.version;
  if (site?.status) truth.site = site.status;
  if (site?.databaseIsOurs !== undefined) truth.databaseIsOurs = site.databaseIsOurs;
}

/** The world in text, for saying before and after; secrets are in it, as they are in the files. */
export const worldOf = ({ world }: FarmParts): string => world.snapshot();

/** Compares with a message that names the first line that differs, not the whole world. */
export function sameWorld(actual: string, wanted: string, when: string): void {
  if (actual === wanted) return;
  const [is, should] = [actual.split('\n'), wanted.split('\n')];
  const at = is.findIndex((line, index) => line !== should[index]);
  assert.fail(`${when}: the world is\n  ${is[at] ?? '(ends here)'}\nand should be\n  ${should[at] ?? '(ends here)'}`);
}
