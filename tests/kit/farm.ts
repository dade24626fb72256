import assert from 'node:assert/strict';
import type { Application } from '../../src/applications/application.ts';
import type { Hands } from '../../src/machine/hands.ts';
import type { Machine } from '../../src/machine/machine.ts';
import { MemoryMachine } from '../../src/machine/memory.ts';
import type { MemoryWorld } from '../../src/machine/memory-world.ts';
import type { Log, TaskEvent } from '../../src/model/event.ts';
import type { Platform } from '../../src/model/platform.ts';
import type { PlatformBuild } from '../../src/model/platform-source.ts';
import { Secret } from '../../src/model/secret.ts';
import { type Server, serverPaths } from '../../src/model/server.ts';
import type { Site } from '../../src/model/site.ts';
import { archive } from '../../src/services/backup/archive.ts';
import type { Backups } from '../../src/services/backup/backups.ts';
import type { Db } from '../../src/services/db/db.ts';
import type { Dns } from '../../src/services/dns/dns.ts';
import type { Engine } from '../../src/services/engine.ts';
import type { Http } from '../../src/services/http/http.ts';
import type { BackupContext, Load, Report, SiteContext } from '../../src/tasks/context.ts';
import { expectRecords, know, type Truth, type Whereabouts } from './truth.ts';

/** One server with its platforms, in memory or real; every engine and application can be put in. */
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
  /** Of a second platform, 'p2', to go to. */
  readonly otherRoot: string;
  /** A second server row on the same machine, which publishes a third platform, 'p3'; null: there is none. */
  readonly second: { readonly http: Engine; readonly root: string; readonly platformRoot: string } | null;
  /** Where the names of its sites have their records; null: nowhere. */
  readonly dns: Engine | null;
  readonly httpOptions: unknown;
  readonly dbOptions: unknown;
  readonly fpmSocket: string;
  open(hands: Hands): Machine;
}

/** A place in memory. */
export interface FarmParts extends Place {
  readonly world: MemoryWorld;
}

export const platformRootOfFarm = '/var/aegir/platforms/p1';
export const otherRootOfFarm = '/var/aegir/platforms/p2';
export const thirdRootOfFarm = '/var/second/platforms/p3';
/** What all places in memory have in common. */
export const placeInMemory = (world: MemoryWorld) => ({
  ...{
    world,
    root: '/var/aegir',
    platformRoot: platformRootOfFarm,
    httpOptions: { publicAddresses: ['192.0.2.1'] },
    dbOptions: {},
  },
  otherRoot: otherRootOfFarm,
  fpmSocket: '/run/php/php-fpm.sock',
  open: (hands: Hands) => new MemoryMachine(hands, world),
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
  const hands: Hands = { name: 'master', log, claim: claim.signal, secrets: [...secrets, ...Object.values(salts)] };
  const bare = place.open(hands);
  const machine = wrap ? wrap(bare) : bare;
  return { events, log, claim, load: loadOf(place, truth, machine, reportTo(truth, log)) };
}

const dnsOptions = { keyName: 'aegir', keySecret: 'c2VjcmV0LW9mLXRzaWc=' };
const secrets = ['database', 'clone', 'copy'].map((whose) => new Secret(`s3cret-of-the-${whose}`));

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
      // What is recorded of the clone is not of the site.
      const isNew = truth.site === 'queued' || truth.site === 'failed';
      if (isNew) truth.databaseIsOurs = found.site?.databaseIsOurs ?? truth.databaseIsOurs;
      if (found.site?.records) expectRecords(truth, found.site.records);
      if (found.backup) know(truth, found.backup);
    },
  };
}

function loadOf(place: Place, truth: Truth, machine: Machine, report: Report): Load {
  const { applications, engines } = place;
  const context = contextsOf(place, truth, machine, report);
  const { server, paths, http, dbs } = context;
  const common = { report, server, paths, machine };
  return {
    server: async () => ({
      ...common,
      engines,
      services: [
        { id: '1', type: 'http', engine: place.http.name, opened: http },
        { id: '2', type: 'db', engine: place.db.name, opened: dbs['2'] },
      ],
    }),
    platform: async (id) => ({
      build: buildOf(place, truth, id),
      ...{ ...common, platform: context.platform(`p${id}` as Whereabouts['platform']), http, applications }, // '1' to '3'
      scan: truth.scan,
      siteDirectories: id === '1' && truth.siteIsThere ? [truth.at.directory] : [],
      sitesFound: [],
    }),
    site: async (id) =>
      id === '8' ? context.site(cloneOf(place, truth)) : context.site(siteOf(place, truth, truth.at)),
    async copy(_, change = (site) => site) {
      assert.ok(truth.copy, 'a copy should have been allocated');
      const { directory } = truth.copy;
      const at = { ...truth.copy, directory: directory.startsWith('.') ? truth.at.directory : directory };
      return { ...context.site({ site: change(siteOf(place, truth, at).site), at }), draft: directory };
    },
    backup: async (id) => context.backup(id),
    newBackup: async () => context.backup(truth.newBackup ?? 'none'),
  };
}

/** Only the first platform has a source. */
function buildOf({ platformRoot }: Place, { source, isBuilt }: Truth, id: string): PlatformBuild {
  const limits = { bytesMax: 4 * 1024 ** 3, filesMax: 500_000 };
  if (id !== '1' || source.type === 'path') return { source: { type: 'path' }, tree: null, isBuilt: false, limits };
  return { source, tree: platformRoot, isBuilt, limits };
}

interface SiteAt {
  readonly site: Site;
  readonly at: Whereabouts;
}

const salts = {
  site: new Secret('s4lt-of-the-site-abcdefghijklmnopqrstuvwxyz'),
  clone: new Secret('s4lt-of-the-clone-abcdefghijklmnopqrst'),
};

function siteOf({ profile, fpmSocket }: Place, truth: Truth, at: Whereabouts): SiteAt {
  const { name, directory, database, password } = at;
  const site: Site = {
    ...{ id: '7', name, directory, title: 'Example', language: 'en', email: 'a@example.com' },
    ...{ status: truth.site, profile, redirection: null, tls: 'off', certificate: null, data: {} },
    aliases: truth.aliases.filter((alias) => alias.name !== name),
    database: truth.database ?? { name: database, user: database, password: new Secret(password) },
    databaseIsOurs: at === truth.at ? truth.databaseIsOurs : true,
    hashSalt: salts.site,
    runUser: 'www-data',
    fpmSocket,
    cronKey: salts.site,
    cron: { everySeconds: 3600, by: 'web', secondsMax: 300 },
  };
  return { site, at };
}

function cloneOf(place: Place, truth: Truth): SiteAt {
  const { site } = siteOf(place, { ...truth, database: null, aliases: [], databaseIsOurs: true }, truth.cloneAt);
  return {
    site: { ...site, id: '8', status: truth.clone, hashSalt: salts.clone, cronKey: salts.clone },
    at: truth.cloneAt,
  };
}

/** Everything on this farm, opened: what the worker makes of the hub's rows. */
function contextsOf(place: Place, truth: Truth, machine: Machine, report: Report) {
  const server: Server = { id: '1', name: 'master', host: 'localhost', status: truth.server, data: {} };
  const paths = serverPaths(place.root, 'master');
  const host = { machine, paths };
  // The farm puts engines of these types in these places.
  const http = place.http.open(host, place.httpOptions) as Http;
  const db = place.db.open(host, place.dbOptions) as Db;
  const dbs = { '2': db, '4': db } as const;
  const { second } = place;
  const secondServer: Server = { ...server, id: '2', name: 'second' };
  const secondPaths = serverPaths(second?.root ?? '/nowhere', 'second');
  const secondHttp = second?.http.open({ machine, paths: secondPaths }, { publicAddresses: ['192.0.2.2'] }) as
    | Http
    | undefined;
  const roots = { p1: place.platformRoot, p2: place.otherRoot, p3: second?.platformRoot ?? '/nowhere' } as const;
  const known = truth.platform !== 'queued';
  const platform = (name: Whereabouts['platform']): Platform => ({
    ...{ id: name.slice(1), name, root: roots[name], version: name === 'p2' ? truth.otherVersion : truth.version },
    status: name === 'p1' ? truth.platform : 'enabled',
    application: known ? place.application.name : null,
  });
  const site = ({ site: one, at }: SiteAt): SiteContext => {
    const on = platform(at.platform);
    const isSecond = at.platform === 'p3';
    const web = isSecond && secondHttp ? secondHttp : http;
    return {
      ...{ report, machine, server: isSecond ? secondServer : server, paths: isSecond ? secondPaths : paths },
      ...{
        site: one,
        platform: on,
        http: web,
        db: dbs[at.dbService],
        cron: null,
        application: place.application,
        scan: truth.scan,
        ownScan: truth.ownScan,
      },
      services: {
        ...{ http: isSecond ? '3' : '1', db: at.dbService },
        httpEngine: (isSecond ? second?.http : place.http)?.name ?? '',
        dbEngine: place.db.name,
      },
      installed: {
        ...{ site: one, platform: on, address: web.address(one) },
        database: db.address(one.database, `${on.root}/sites/${one.directory}`),
      },
      lines: { settings: [], vhost: [] },
      dns: dnsOf(one),
    };
  };
  const dnsOf = ({ id }: Site): SiteContext['dns'] => {
    const service = place.dns && { id: '5', server: 'master', dns: place.dns.open(host, dnsOptions) as Dns };
    const records = service === null ? [] : (truth.records[id] ?? []).map((one) => ({ ...one, service }));
    return { service, owner: `a1b2c3/${id}`, records };
  };
  const backups = archive.open(host, {}) as Backups;
  const backup = (id: string): BackupContext => {
    const known = truth.backups[id];
    assert.ok(known, `there is no backup ${id}`);
    return {
      ...{ report, machine, server, paths, backups, engine: 'archive', transfers: `${place.root}/transfers` },
      backup: {
        ...{
          ...known,
          id,
          name: backupName(id),
          siteName: known.siteId === null ? '' : truth.at.name,
          note: '',
          pinned: false,
          by: null,
        },
      },
    };
  };
  return { server, paths, http, dbs, platform, site, backup };
}

export const backupName = (id: string): string => `example.com-20260801t120000z-${id}`;

/**
 * The world in text, for saying before and after; secrets are in it, as they are in the files. A backup says when it was made,
 * so that two are never alike: of one that is whole it counts that it is there.
 */
export const worldOf = ({ world }: FarmParts): string =>
  world
    .snapshot()
    .replace(/^(\/var\/aegir\/(?:backups|transfers)\/[^\s/]+\.tar file \S+ \S+ \S+) .*$/gm, '$1 a whole backup');

/** Compares with a message that names the first line that differs, not the whole world. */
export function sameWorld(actual: string, wanted: string, when: string): void {
  if (actual === wanted) return;
  const [is, should] = [actual.split('\n'), wanted.split('\n')];
  const at = is.findIndex((line, index) => line !== should[index]);
  assert.fail(`${when}: the world is\n  ${is[at] ?? '(ends here)'}\nand should be\n  ${should[at] ?? '(ends here)'}`);
}
