import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { type Call, connect, type Send } from '../../src/api/call.ts';
import type { Answer, Input } from '../../src/api/endpoints.ts';
import { followTask } from '../../src/api/follow.ts';
import { applications } from '../../src/applications/applications.ts';
import { hubApp } from '../../src/hub/app.ts';
import { runBatches } from '../../src/hub/batch-run.ts';
import { type HubDatabase, openDatabase } from '../../src/hub/database.ts';
import type { Hub } from '../../src/hub/hub.ts';
import { sealKey } from '../../src/hub/seal.ts';
import { DryMachine } from '../../src/machine/dry.ts';
import type { Hands } from '../../src/machine/hands.ts';
import type { Machine, Pipe } from '../../src/machine/machine.ts';
import { MemoryMachine } from '../../src/machine/memory.ts';
import type { MemoryWorld } from '../../src/machine/memory-world.ts';
import { scanHostKeys } from '../../src/machine/ssh-connection.ts';
import { systemClock } from '../../src/model/clock.ts';
import type { TaskEvent } from '../../src/model/event.ts';
import type { ProblemJson } from '../../src/model/problem.ts';
import type { Server } from '../../src/model/server.ts';
import type { Acme, AcmeAccount } from '../../src/services/acme/acme.ts';
import { engines } from '../../src/services/engines.ts';
import { apache } from '../../src/simulation/apache.ts';
import { build } from '../../src/simulation/build.ts';
import { simulatedDrupal, simulatedWordpress } from '../../src/simulation/code.ts';
import { mariadb } from '../../src/simulation/mariadb.ts';
import { nginx } from '../../src/simulation/nginx.ts';
import { php } from '../../src/simulation/php.ts';
import { postgresql } from '../../src/simulation/postgresql.ts';
import { simulatedWorld } from '../../src/simulation/world.ts';
import { type Catalog, catalog, type Extension } from '../../src/tasks/catalog.ts';
import { taskTypes } from '../../src/tasks/task-types.ts';
import { work } from '../../src/worker/work.ts';
import { loseWorkers } from './lose-workers.ts';
import { testDatabase } from './postgres.ts';
import { simulatedAuthority } from './simulated-authority.ts';

/** One thing that is done on a server: a method of its machine and what it is done to. */
interface Act {
  readonly worker: string;
  readonly method: string;
  /** A path, or a command as its words. */
  readonly what: string;
  /** Of the attempt at a task that does it: each has its own. */
  readonly claim: AbortSignal;
}

/** How a task ended, as its log and its row say. */
export interface TaskEnding {
  readonly status: string;
  readonly task: Answer<'task get'>;
  readonly problem: ProblemJson | null;
  readonly events: readonly TaskEvent[];
  /** The sentences of its 'changed' events. */
  readonly changed: readonly string[];
}

export interface HubWithWorker {
  readonly call: Call;
  readonly send: Send;
  readonly hub: Hub;
  readonly database: HubDatabase;
  readonly world: MemoryWorld;
  /** Of the database, for a worker in a process of its own. */
  readonly url: string;
  /** Asked before each act; what it throws, the act throws; while it waits, the act waits. */
  before: (act: Act) => Promise<void> | void;
  /**
   * Attempts that a power cut has ended, each until when its worker is lost: nothing of it acts any more, and it tells of
   * nothing before.
   */
  readonly dead: WeakMap<AbortSignal, Promise<void>>;
  /** What the workers say of the load; null: they take tasks. */
  busy: string | null;
  /** Follows the task's log, as the CLI does, to its last event. */
  waitFor(task: string | { readonly id: string }): Promise<TaskEnding>;
  /** Waits for it and asserts that it was done. */
  done(task: string | { readonly id: string }): Promise<TaskEnding>;
  /** Takes running tasks from their workers, as when these were silent for too long; other workers take them over. */
  loseWorkers(): Promise<void>;
  /** Stops it and starts it anew, with another catalogue, on the same database and server. */
  again(more: HubMore): Promise<HubWithWorker>;
  stop(): Promise<void>;
}

export interface HubMore {
  readonly extensions?: readonly Extension[];
  /** Instead of `extensions`: a whole catalogue. */
  readonly catalog?: Catalog;
  readonly workers?: number;
  readonly slots?: number;
  readonly world?: MemoryWorld;
  /** Directory of transfers, on this very machine. */
  readonly transfers?: string;
  /** Instead of a server in memory: opens the real one. */
  readonly open?: (hands: Hands, server: Server) => Machine;
  /** Instead of an authority in memory. */
  readonly openAcme?: (account: AcmeAccount) => Acme;
  /** How long a task waits for a server that is away; not at all unless given. */
  readonly awayMaxMs?: number;
}

/** Programs of every engine, and nothing of ours yet. */
export const freshWorld = (): MemoryWorld => simulatedWorld([nginx, apache, mariadb, postgresql, php, build]);

/** A hub that answers calls and workers that do what it says, in this process, on one server in memory. Stopped after the test. */
export async function hubWithWorker(t: TestContext, more: HubMore = {}): Promise<HubWithWorker> {
  const running: HubWithWorker[] = [];
  const bugs: unknown[] = [];
  // What is registered first runs first: workers end before their database is dropped.
  t.after(async () => {
    await Promise.all(running.map((one) => one.stop()));
  });
  const { url, ...database } = await testDatabase(t);
  // Last, as after one that throws no other is run, and what is left open keeps the process alive.
  t.after(() => assert.deepEqual(bugs, [], 'faults in Aegir itself'));
  const key = sealKey(randomBytes(32));
  const transfers = more.transfers ?? '/nonexistent/transfers';
  const world = more.world ?? freshWorld();
  const begin = (given: HubMore): HubWithWorker => {
    const hub: Hub = {
      ...{ database, sealKey: key, version: '0.0.0-test', address: 'http://localhost:8460', transfers },
      catalog: given.catalog ?? catalog({ engines, applications, taskTypes, sweeps: [] }, given.extensions ?? []),
      onBug: (_, error) => bugs.push(error),
    };
    const again = async (then: HubMore): Promise<HubWithWorker> => {
      await farm.stop();
      return begin(then);
    };
    const farm = start({ hub, url, world, again }, given);
    running.push(farm);
    return farm;
  };
  return begin(more);
}

interface Parts {
  readonly hub: Hub;
  readonly url: string;
  readonly world: MemoryWorld;
  again(more: HubMore): Promise<HubWithWorker>;
}

function start(
  { hub, url, world, again }: Parts,
  { workers = 1, slots = 4, awayMaxMs = 0, ...more }: HubMore,
): HubWithWorker {
  const app = hubApp(hub);
  const send: Send = async (path, request) => app.request(path, request, { local: true });
  const stop = new AbortController();
  const working: Promise<void>[] = [];
  const farm: HubWithWorker = {
    ...{ hub, send, world, url, again, database: hub.database },
    call: connect(send),
    before: () => undefined,
    dead: new WeakMap(),
    busy: null,
    waitFor: (task) => ending(farm, typeof task === 'string' ? task : task.id),
    async done(task) {
      const ended = await farm.waitFor(task);
      assert.equal(ended.status, 'done', `${ended.task.name}: ${JSON.stringify(ended.problem)}`);
      return ended;
    },
    loseWorkers: () => loseWorkers(hub.database.db),
    async stop() {
      farm.before = () => undefined;
      stop.abort();
      await Promise.all(working);
    },
  };
  working.push(runBatches(hub, systemClock, stop.signal));
  for (let number = 1; number <= workers; number++)
    working.push(startWorker(farm, url, { name: `w${number}`, slots, awayMaxMs }, stop.signal, more));
  return farm;
}

async function startWorker(
  farm: HubWithWorker,
  url: string,
  { name, ...more }: { readonly name: string; readonly slots: number; readonly awayMaxMs: number },
  stop: AbortSignal,
  given: Pick<HubMore, 'open' | 'openAcme'>,
): Promise<void> {
  const { hub } = farm;
  const { open = (hands) => new MemoryMachine(hands, farm.world), openAcme = () => simulatedAuthority(farm.world) } =
    given;
  const unique = `${name}-${randomBytes(3).toString('hex')}`;
  // Connections of its own: the hub's answers never wait for a worker.
  const database = openDatabase(url);
  try {
    await work(
      {
        ...{
          name: unique,
          hub: database,
          key: hub.sealKey,
          clock: systemClock,
          catalog: hub.catalog,
          runs: 2,
          ...more,
        },
        transfers: hub.transfers,
        openAcme,
        openMachine: (server, hands) => watched(farm, name, open(hands, server), hands.claim),
        scanHostKeys: (server, hands) => scanHostKeys(hands, server),
        dryMachine: (real, { log }) => new DryMachine(real, log),
        busy: () => farm.busy,
      },
      stop,
    );
  } finally {
    await database.close();
  }
}

/** Tells of every act before it is done. */
export function watched(farm: HubWithWorker, worker: string, machine: Machine, claim: AbortSignal): Machine {
  return new Proxy(machine, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        const [first] = args;
        // A command has words, a pipe commands; else it is a path.
        const { argv, commands } = (first ?? {}) as {
          readonly argv?: readonly string[];
          readonly commands?: Pipe['commands'];
        };
        const words = commands?.map((one) => one.argv.join(' ')).join(' | ') ?? argv?.join(' ');
        if (!farm.dead.has(claim))
          await farm.before({ worker, method: String(key), what: words ?? String(first), claim });
        const lost = farm.dead.get(claim);
        if (lost) {
          await lost;
          throw new Error('power cut');
        }
        return Reflect.apply(value, target, args);
      };
    },
  });
}

/** A test that waits for longer than this waits for nothing. */
const waitMs = 20 * 60_000;

async function ending({ call, send }: HubWithWorker, task: string): Promise<TaskEnding> {
  const events: TaskEvent[] = [];
  for await (const { event } of followTask(send, task, 0, AbortSignal.timeout(waitMs))) events.push(event as TaskEvent); // the hub writes no others
  const row = await call('task get', { params: { task } });
  return {
    status: row.status,
    task: row,
    problem: row.problem as ProblemJson | null, // the hub writes nothing else
    events,
    changed: events.flatMap((event) => (event.type === 'changed' ? [event.what] : [])),
  };
}

export const platformRoot = '/var/aegir/platforms/p1';

export interface Kind {
  readonly http: 'nginx' | 'apache';
  readonly db: 'mysql' | 'postgresql' | 'sqlite';
  readonly application: 'drupal' | 'wordpress';
}

/** A verified server `master` with both services and a verified platform `p1` on it. */
export async function verifiedFarm(t: TestContext, kind: Kind, more: HubMore = {}): Promise<HubWithWorker> {
  const farm = await hubWithWorker(t, more);
  const { call, world } = farm;
  if (kind.application === 'drupal') simulatedDrupal(world, platformRoot);
  else simulatedWordpress(world, platformRoot);
  const services = [
    { type: 'http', engine: kind.http },
    { type: 'db', engine: kind.db },
  ];
  const server = await call('server create', { body: { name: 'master', services } });
  await farm.done(server.task);
  const platform = await call('platform create', { body: { name: 'p1', root: platformRoot } });
  await farm.done(platform.task);
  return farm;
}

type SiteBody = Input<'site create'>['body'];

/** The site, installed. */
export async function installedSite(
  { call, done }: HubWithWorker,
  name: string,
  more: Partial<SiteBody> = {},
): Promise<TaskEnding> {
  const { task } = await call('site create', { body: { name, platform: 'p1', ...more } });
  return done(task);
}
