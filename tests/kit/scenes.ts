import assert from 'node:assert/strict';
import { applications } from '../../src/applications/applications.ts';
import type { MemoryWorld } from '../../src/machine/memory-world.ts';
import type { PlatformSource } from '../../src/model/platform-source.ts';
import { engines } from '../../src/services/engines.ts';
import { apache } from '../../src/simulation/apache.ts';
import { build, codeToFetch } from '../../src/simulation/build.ts';
import { mariadb } from '../../src/simulation/mariadb.ts';
import { nginx } from '../../src/simulation/nginx.ts';
import { php, simulatedDrupal, simulatedSite, simulatedWordpress } from '../../src/simulation/php.ts';
import { postgresql } from '../../src/simulation/postgresql.ts';
import { simulatedWorld } from '../../src/simulation/world.ts';
import { platformDelete } from '../../src/tasks/platform-delete.ts';
import { platformLock } from '../../src/tasks/platform-lock.ts';
import { platformUnlock } from '../../src/tasks/platform-unlock.ts';
import { platformVerify } from '../../src/tasks/platform-verify.ts';
import { serverVerify } from '../../src/tasks/server-verify.ts';
import { siteDelete } from '../../src/tasks/site-delete.ts';
import { siteDisable } from '../../src/tasks/site-disable.ts';
import { siteEnable } from '../../src/tasks/site-enable.ts';
import { siteImport } from '../../src/tasks/site-import.ts';
import { siteInstall } from '../../src/tasks/site-install.ts';
import { siteLogin } from '../../src/tasks/site-login.ts';
import { siteVerify } from '../../src/tasks/site-verify.ts';
import type { TaskType } from '../../src/tasks/task-type.ts';
import { run } from '../../src/worker/run.ts';
import {
  type FarmParts,
  freshTruth,
  hand,
  type Place,
  placeInMemory,
  platformRootOfFarm,
  settle,
  siteName,
  type Truth,
} from './farm.ts';

const named = <Named extends { readonly name: string }>(list: readonly Named[], name: string): Named => {
  const found = list.find((one) => one.name === name);
  assert.ok(found, `there is no ${name}`);
  return found;
};

/** Just enough of an application's code to be taken for it, where the farm's platform is. */
export const putCode = (world: MemoryWorld, application: 'drupal' | 'wordpress'): void =>
  application === 'drupal' ? simulatedDrupal(world, platformRootOfFarm) : simulatedWordpress(world, platformRootOfFarm);

function farm(http: string, db: string, application: 'drupal' | 'wordpress'): () => FarmParts {
  return () => {
    const world = simulatedWorld([nginx, apache, mariadb, postgresql, php, build]);
    putCode(world, application);
    return {
      ...{ ...placeInMemory(world), engines, applications, profile: application === 'drupal' ? 'standard' : '' },
      http: named(
        engines.filter(({ type }) => type === 'http'),
        http,
      ),
      db: named(
        engines.filter(({ type }) => type === 'db'),
        db,
      ),
      application: named(applications, application),
    };
  };
}

/** Each engine and each application at least once. */
export const farms: Readonly<Record<string, () => FarmParts>> = {
  'nginx, mysql, Drupal': farm('nginx', 'mysql', 'drupal'),
  'apache, mysql, WordPress': farm('apache', 'mysql', 'wordpress'),
  'nginx, postgresql, Drupal': farm('nginx', 'postgresql', 'drupal'),
  'apache, sqlite, Drupal': farm('apache', 'sqlite', 'drupal'),
};

/** What the world is like when a task is asked for. */
export interface Scene {
  readonly title: string;
  readonly type: TaskType;
  readonly subject: string;
  readonly args: unknown;
  /** What it has put right stays right when it fails: then asking again must lead to the goal. */
  readonly heals?: boolean;
  /** Farms that this cannot happen on. */
  readonly not?: readonly string[];
  prepare(parts: FarmParts): Promise<Truth>;
}

/** Runs these to their end, as the hub's worker would. */
export async function played(parts: Place, truth: Truth, types: readonly TaskType[]): Promise<Truth> {
  for (const type of types) {
    const worker = hand(parts, truth);
    const task = await type.open(worker.load, '1', {});
    const control = { claim: worker.claim.signal, stop: () => undefined, undoing: () => {} };
    const ending = await run(task, worker.log, [], control);
    assert.equal(ending.status, 'done', `${type.name}: ${JSON.stringify(ending)}`);
    if (ending.status === 'done') settle(truth, task.done(ending.result));
  }
  truth.found = [];
  truth.kept = [];
  return truth;
}

const installed = [serverVerify, platformVerify, siteInstall];
const after =
  (...types: readonly TaskType[]) =>
  (parts: FarmParts): Promise<Truth> =>
    played(parts, freshTruth(), types);

/** Its code is not there yet. */
const before =
  (source: PlatformSource) =>
  async (parts: FarmParts): Promise<Truth> => {
    const { world, application } = parts;
    world.remove(platformRootOfFarm);
    world.put(codeToFetch, application.name);
    if (source.type === 'debian') simulatedWordpress(world, `/usr/share/${source.package}`);
    world.put('/srv/archive.tar.gz', 'a simulated archive');
    return played(parts, { ...freshTruth(), source, siteIsThere: false }, [serverVerify]);
  };

const buildScene = (title: string, source: PlatformSource, not: readonly string[]): Scene => ({
  ...{ title: `platform verify that builds ${title}`, type: platformVerify, subject: '1', args: {}, not },
  prepare: before(source),
});
const [oneDrupal, oneWordpress] = ['nginx, mysql, Drupal', 'apache, mysql, WordPress'] as const;
const allBut = (...some: readonly string[]): readonly string[] =>
  ['nginx, mysql, Drupal', 'apache, mysql, WordPress', 'nginx, postgresql, Drupal', 'apache, sqlite, Drupal'].filter(
    (name) => !some.includes(name),
  );

const siteDirectory = `${platformRootOfFarm}/sites/${siteName}`;

const builtSources = {
  archive: { type: 'archive', location: 'https://example.com/code.tar.gz' },
  file: { type: 'archive', location: '/srv/archive.tar.gz', sha256: '0'.repeat(64) },
  git: { type: 'git', repository: 'https://example.com/code.git', ref: 'main', composer: true },
  composer: { type: 'composer', package: 'drupal/recommended-project', version: '^10' },
  debian: { type: 'debian', package: 'wordpress' },
  makefile: { type: 'makefile', makefile: 'https://example.com/d7.make' },
} as const satisfies Readonly<Record<string, PlatformSource>>;

export const scenes: readonly Scene[] = [
  { title: 'server verify', type: serverVerify, subject: '1', args: {}, heals: true, prepare: after() },
  {
    ...{ title: 'server verify of a verified one', type: serverVerify, subject: '1', args: {}, heals: true },
    prepare: after(serverVerify),
  },
  { title: 'platform verify', type: platformVerify, subject: '1', args: {}, heals: true, prepare: after(serverVerify) },
  {
    ...{ title: 'platform verify of a verified one', type: platformVerify, subject: '1', args: {}, heals: true },
    prepare: after(...installed),
  },
  {
    ...{ title: 'platform lock', type: platformLock, subject: '1', args: {} },
    prepare: after(serverVerify, platformVerify),
  },
  {
    ...{ title: 'platform unlock', type: platformUnlock, subject: '1', args: {} },
    prepare: after(serverVerify, platformVerify, platformLock),
  },
  {
    ...{ title: 'platform delete', type: platformDelete, subject: '1', args: {} },
    prepare: (parts) => played(parts, { ...freshTruth(), siteIsThere: false }, [serverVerify, platformVerify]),
  },
  {
    ...{ title: 'platform delete with its code', type: platformDelete, subject: '1', args: { removeCode: true } },
    async prepare(parts) {
      const truth = await before(builtSources.composer)(parts);
      return played(parts, truth, [platformVerify]);
    },
  },
  buildScene('an archive by address', builtSources.archive, allBut(oneDrupal, oneWordpress)),
  buildScene('an archive on the server', builtSources.file, allBut(oneWordpress)),
  buildScene('a git repository', builtSources.git, allBut(oneWordpress)),
  buildScene('a project by Composer', builtSources.composer, allBut(oneDrupal)),
  buildScene('a package of Debian', builtSources.debian, allBut(oneWordpress)),
  buildScene('a Drush make file', builtSources.makefile, allBut(oneDrupal)),
  {
    ...{ title: 'platform verify of a source whose directory is there', type: platformVerify, subject: '1', args: {} },
    ...{ heals: true, not: allBut(oneDrupal) },
    prepare: async (parts) =>
      played(parts, { ...freshTruth(), source: builtSources.git, siteIsThere: false }, [serverVerify]),
  },
  {
    ...{ title: 'site install', type: siteInstall, subject: '7', args: {} },
    prepare: after(serverVerify, platformVerify),
  },
  { title: 'site verify', type: siteVerify, subject: '7', args: {}, heals: true, prepare: after(...installed) },
  {
    ...{ title: 'site verify of a damaged one', type: siteVerify, subject: '7', args: {}, heals: true },
    async prepare(parts) {
      const truth = await after(...installed)(parts);
      for (const { path } of parts.application.directories(siteOf(), platformOf(parts)))
        if (path.endsWith('/libraries')) parts.world.remove(path);
      for (const name of ['settings.php', 'wp-config.php']) parts.world.remove(`${siteDirectory}/${name}`);
      return truth;
    },
  },
  { title: 'site disable', type: siteDisable, subject: '7', args: {}, prepare: after(...installed) },
  { title: 'site enable', type: siteEnable, subject: '7', args: {}, prepare: after(...installed, siteDisable) },
  { title: 'site login', type: siteLogin, subject: '7', args: {}, prepare: after(...installed) },
  {
    ...{ title: 'site delete', type: siteDelete, subject: '7', args: {} },
    prepare: after(...installed, siteDisable),
  },
  {
    ...{ title: 'site delete of an enabled one', type: siteDelete, subject: '7', args: { force: true } },
    prepare: after(...installed),
  },
  {
    ...{ title: 'site delete of one never installed', type: siteDelete, subject: '7', args: {} },
    prepare: after(serverVerify, platformVerify),
  },
  {
    ...{ title: 'site import', type: siteImport, subject: '7', args: {} },
    async prepare(parts) {
      const truth = await after(serverVerify, platformVerify)(parts);
      const settings = parts.application.name === 'drupal' ? 'settings.php' : 'wp-config.php';
      parts.world.directory(siteDirectory);
      const foreign = foreignSite(parts);
      parts.world.put(`${siteDirectory}/${settings}`, foreign.settings);
      parts.world.put(simulatedSite(platformRootOfFarm, siteName), foreign.state);
      if (parts.db.name === 'sqlite') parts.world.put(`${platformRootOfFarm}/${theirFile}`, 'their database');
      return truth;
    },
  },
];

/** A site that somebody else installed: the simulated PHP reads from this line where its database is. */
function foreignSite({ db }: FarmParts): { readonly settings: string; readonly state: string } {
  const drivers: Readonly<Record<string, string>> = { mysql: 'mysql', postgresql: 'pgsql', sqlite: 'sqlite' };
  const isFile = db.name === 'sqlite';
  const name = isFile ? theirFile : 'theirs';
  const theirs = { driver: drivers[db.name], name, user: 'them', password: 'theirs', host: 'localhost', port: null };
  const database = isFile ? `${siteDirectory}/private/database.sqlite` : 'theirs';
  const state = { database, title: 'Theirs', profile: 'standard', email: 'a@b.test', maintenance: false, updates: [] };
  return { settings: `<?php\n// simulated: ${JSON.stringify(theirs)}\n`, state: JSON.stringify(state) };
}
const theirFile = `sites/${siteName}/files/.ht.sqlite`;

// Only what directories() looks at.
const siteOf = () => ({ directory: siteName }) as Parameters<FarmParts['application']['directories']>[0];
const platformOf = (_: FarmParts) =>
  ({ root: platformRootOfFarm }) as Parameters<FarmParts['application']['directories']>[1];
