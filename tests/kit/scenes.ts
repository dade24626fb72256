import assert from 'node:assert/strict';
import { applications } from '../../src/applications/applications.ts';
import { query } from '../../src/machine/command.ts';
import type { MemoryWorld } from '../../src/machine/memory-world.ts';
import { bind as bindEngine } from '../../src/services/dns/bind.ts';
import type { Engine } from '../../src/services/engine.ts';
import { engines } from '../../src/services/engines.ts';
import { apache } from '../../src/simulation/apache.ts';
import { bind } from '../../src/simulation/bind.ts';
import { build } from '../../src/simulation/build.ts';
import { simulatedDrupal, simulatedWordpress } from '../../src/simulation/code.ts';
import { mariadb } from '../../src/simulation/mariadb.ts';
import { nginx } from '../../src/simulation/nginx.ts';
import { php, putSimulatedState } from '../../src/simulation/php.ts';
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
import { siteHandOver } from '../../src/tasks/site-hand-over.ts';
import { siteImport } from '../../src/tasks/site-import.ts';
import { siteInstall } from '../../src/tasks/site-install.ts';
import { siteLogin } from '../../src/tasks/site-login.ts';
import { siteProbe } from '../../src/tasks/site-probe.ts';
import { siteVerify } from '../../src/tasks/site-verify.ts';
import { backupScenes } from './backup-scenes.ts';
import { buildingScenes } from './building-scenes.ts';
import { certificateScenes } from './certificate-scenes.ts';
import { type FarmParts, otherRootOfFarm, placeInMemory, platformRootOfFarm, thirdRootOfFarm } from './farm.ts';
import { movingScenes } from './moving-scenes.ts';
import { after, installed, played, type Scene } from './played.ts';
import { serverScenes } from './server-scenes.ts';
import { simulatedAuthority } from './simulated-authority.ts';
import { freshTruth, siteName } from './truth.ts';

const named = <Named extends { readonly name: string }>(list: readonly Named[], name: string): Named => {
  const found = list.find((one) => one.name === name);
  assert.ok(found, `there is no ${name}`);
  return found;
};

/** Just enough of an application's code to be taken for it, where the farm's platform is. */
export function putCode(world: MemoryWorld, application: 'drupal' | 'wordpress'): void {
  for (const root of [platformRootOfFarm, otherRootOfFarm, thirdRootOfFarm])
    if (application === 'drupal') simulatedDrupal(world, root);
    else simulatedWordpress(world, root);
}

export function farm(
  http: string,
  db: string,
  application: 'drupal' | 'wordpress',
  dns: Engine | null = null,
): () => FarmParts {
  return () => {
    const world = simulatedWorld([
      nginx,
      apache,
      mariadb,
      postgresql,
      php,
      build,
      bind(['example.com', 'example.org']),
    ]);
    putCode(world, application);
    const web = (name: string) =>
      named(
        engines.filter(({ type }) => type === 'http'),
        name,
      );
    const second = {
      http: web(http === 'nginx' ? 'apache' : 'nginx'),
      root: '/var/second',
      platformRoot: thirdRootOfFarm,
    };
    return {
      ...{ ...placeInMemory(world), engines, applications, profile: application === 'drupal' ? 'standard' : '' },
      ...{ http: web(http), second },
      db: named(
        engines.filter(({ type }) => type === 'db'),
        db,
      ),
      application: named(applications, application),
      dns,
      authority: simulatedAuthority(world),
    };
  };
}

/** Each engine and each application at least once; the names of the last have their records at BIND. */
export const farms: Readonly<Record<string, () => FarmParts>> = {
  'nginx, mysql, Drupal': farm('nginx', 'mysql', 'drupal'),
  'apache, mysql, WordPress': farm('apache', 'mysql', 'wordpress'),
  'nginx, postgresql, Drupal': farm('nginx', 'postgresql', 'drupal'),
  'apache, sqlite, Drupal': farm('apache', 'sqlite', 'drupal', bindEngine),
};

const siteDirectory = `${platformRootOfFarm}/sites/${siteName}`;

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
    ...{ title: 'site install', type: siteInstall, subject: '7', args: {} },
    prepare: after(serverVerify, platformVerify),
  },
  { title: 'site verify', type: siteVerify, subject: '7', args: {}, heals: true, prepare: after(...installed) },
  { title: 'site probe', type: siteProbe, subject: '7', args: {}, heals: true, prepare: after(...installed) },
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
  { title: 'site hand-over', type: siteHandOver, subject: '7', args: {}, heals: true, prepare: after(...installed) },
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
      await makeForeignDatabase(parts);
      putSimulatedState(parts.world, foreign.database, foreign.state);
      return truth;
    },
  },
  ...buildingScenes,
  ...movingScenes,
  ...backupScenes,
  ...certificateScenes,
  ...serverScenes,
];

/** A site that somebody else installed: the simulated PHP reads from this line where its database is. */
function foreignSite({ db }: FarmParts) {
  const driver = { mysql: 'mysql', postgresql: 'pgsql' }[db.name] ?? 'sqlite';
  const isFile = driver === 'sqlite';
  const theirs = { driver, user: 'them', password: 'theirs', host: 'localhost', port: null };
  const settings = `<?php\n// simulated: ${JSON.stringify({ ...theirs, name: isFile ? theirFile : 'theirs' })}\n`;
  const database = { driver, name: isFile ? `${platformRootOfFarm}/${theirFile}` : 'theirs' };
  const state = {
    title: 'Theirs',
    profile: 'standard',
    email: 'a@b.test',
    maintenance: false,
    updates: [],
    packages: [],
  };
  return { settings, database, state };
}

async function makeForeignDatabase(parts: FarmParts): Promise<void> {
  const log = { append: async () => undefined };
  const machine = parts.open({ name: 'master', log, claim: new AbortController().signal });
  const make = {
    mysql: {
      ...query`mariadb --user=root`,
      stdin: 'create database `theirs` character set utf8mb4 collate utf8mb4_general_ci',
    },
    postgresql: {
      ...query`psql ${"dbname='postgres' user='aegir'"}`,
      stdin: `create database "theirs" owner "them" template template0 encoding 'UTF8'`,
    },
  }[parts.db.name];
  if (make) await machine.run(make);
}

const theirFile = `sites/${siteName}/files/.ht.sqlite`;

// Only what directories() looks at.
const siteOf = () => ({ directory: siteName }) as Parameters<FarmParts['application']['directories']>[0];
const platformOf = (_: FarmParts) =>
  ({ root: platformRootOfFarm }) as Parameters<FarmParts['application']['directories']>[1];
