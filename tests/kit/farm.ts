import assert from 'node:assert/strict';
import type { Hands } from '../../src/machine/hands.ts';
import type { Machine } from '../../src/machine/machine.ts';
import { MemoryMachine } from '../../src/machine/memory.ts';
import type { MemoryWorld } from '../../src/machine/memory-world.ts';
import type { Log, TaskEvent } from '../../src/model/event.ts';
import type { PlatformBuild } from '../../src/model/platform-source.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Site } from '../../src/model/site.ts';
import type { Load, Report } from '../../src/tasks/context.ts';
import { certificateInMemory, knownOf } from './certificate-in-memory.ts';
import { contextsOf, type Machines, type SiteAt } from './farm-contexts.ts';
import type { Place } from './place.ts';
import { expectRecords, know, type Truth, type Whereabouts } from './truth.ts';

/** A place in memory. */
export interface FarmParts extends Place {
  readonly world: MemoryWorld;
  /** The other server's, which is part of the first one's moments and snapshots. */
  readonly otherWorld?: MemoryWorld;
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
  const far = place.second?.open?.({ ...hands, name: 'second' });
  const machines = { machine, secondMachine: far ? (wrap ? wrap(far) : far) : machine };
  return { events, log, claim, load: loadOf(place, truth, machines, reportTo(truth, log)) };
}

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
      truth.certificate = knownOf(truth.certificate, found.certificate);
    },
  };
}

function loadOf(place: Place, truth: Truth, machines: Machines, report: Report): Load {
  const { machine } = machines;
  const { applications, engines } = place;
  const context = contextsOf(place, truth, machines, report);
  const { server, paths, http, dbs } = context;
  const common = { report, server, paths, machine };
  return {
    server: async () => ({
      ...{ ...common, engines, scanHostKeys: null },
      services: [
        { readTo: [], id: '1', type: 'http', engine: place.http.name, opened: http },
        { readTo: [], id: '2', type: 'db', engine: place.db.name, opened: dbs['2'] },
      ],
    }),
    platform: async (id) => ({
      build: buildOf(place, truth, id),
      ...{ ...common, ...context.webOf(`p${id}` as Whereabouts['platform']), applications }, // '1' to '3'
      platform: context.platform(`p${id}` as Whereabouts['platform']),
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
    common: async () => [],
    certificate: async (id) =>
      certificateInMemory(id, truth.certificate, namesOf(truth), { report, http, acme: place.authority ?? null }),
  };
}

const namesOf = ({ at, aliases }: Truth): readonly string[] => [at.name, ...aliases.map(({ name }) => name)];

/** Only the first platform has a source. */
function buildOf({ platformRoot }: Place, { source, isBuilt }: Truth, id: string): PlatformBuild {
  const limits = { bytesMax: 4 * 1024 ** 3, filesMax: 500_000 };
  if (id !== '1' || source.type === 'path') return { source: { type: 'path' }, tree: null, isBuilt: false, limits };
  return { source, tree: platformRoot, isBuilt, limits };
}

const salts = {
  site: new Secret('s4lt-of-the-site-abcdefghijklmnopqrstuvwxyz'),
  clone: new Secret('s4lt-of-the-clone-abcdefghijklmnopqrst'),
};

function siteOf({ profile, fpmSocket }: Place, truth: Truth, at: Whereabouts): SiteAt {
  const { name, directory, database, password } = at;
  const site: Site = {
    ...{ id: '7', name, directory, title: 'Example', language: 'en', email: 'a@example.com' },
    ...{
      status: truth.site,
      profile,
      redirection: null,
      tls: 'off',
      hstsSeconds: null,
      certificate: null,
      pem: null,
      data: {},
    },
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
