import assert from 'node:assert/strict';
import { putSimulatedState, simulatedState } from '../../src/simulation/php.ts';
import { platformVerify } from '../../src/tasks/platform-verify.ts';
import { serverVerify } from '../../src/tasks/server-verify.ts';
import { siteClone } from '../../src/tasks/site-clone.ts';
import { siteDisable } from '../../src/tasks/site-disable.ts';
import { siteInstall } from '../../src/tasks/site-install.ts';
import { siteMigrate } from '../../src/tasks/site-migrate.ts';
import { siteMove } from '../../src/tasks/site-move.ts';
import { siteRename } from '../../src/tasks/site-rename.ts';
import { siteUpdate } from '../../src/tasks/site-update.ts';
import { siteVerify } from '../../src/tasks/site-verify.ts';
import type { TaskType } from '../../src/tasks/task-type.ts';
import { type FarmParts, hand, platformRootOfFarm } from './farm.ts';
import { played, type Scene } from './played.ts';
import { freshTruth, siteName, type Truth } from './truth.ts';

const directory = `${platformRootOfFarm}/sites/${siteName}`;

/** An installed site that has been used: with uploads, code of its own, lines of the operator, and updates to run. */
export async function lived(parts: FarmParts, ...then: readonly TaskType[]): Promise<Truth> {
  const truth = freshTruth();
  await played(parts, truth, [serverVerify, platformVerify]);
  for (const other of ['2', '3']) await played(parts, truth, [platformVerify], other);
  await played(parts, truth, [siteInstall]);
  const { world } = parts;
  const web = { owner: 'www-data', group: 'www-data' };
  world.directory(`${directory}/files/pictures`, { mode: '0755', ...web });
  world.put(`${directory}/files/pictures/one.png`, 'a picture', web);
  world.put(`${directory}/files/link`, 'pictures/one.png', { ...web, kind: 'link' });
  world.put(`${directory}/modules/own/own.module`, '<?php // of this site alone');
  world.put(`${directory}/notes.txt`, 'nobody but the operator knows why');
  const { http } = await hand(parts, truth).load.site('7');
  world.put(`${http.ownLines(siteName)}/before.conf`, '# of the operator\n', { mode: '0644' });
  await played(parts, truth, [siteVerify]);
  const { installed } = await hand(parts, truth).load.site('7');
  const state = simulatedState(world, installed.database);
  assert.ok(state);
  const updates = [{ package: 'own', update: '10101', description: 'makes it newer' }];
  putSimulatedState(world, installed.database, { ...state, updates });
  await played(parts, truth, then);
  return truth;
}

const farms = {
  mysql: 'nginx, mysql, Drupal',
  wordpress: 'apache, mysql, WordPress',
  postgresql: 'nginx, postgresql, Drupal',
  sqlite: 'apache, sqlite, Drupal',
} as const;

const moved = { type: siteMigrate, subject: '7' } as const;

export const movingScenes: readonly Scene[] = [
  {
    ...{ title: 'site clone', type: siteClone, subject: '8', args: { source: '7' } },
    prepare: (parts) => lived(parts),
  },
  {
    ...{ title: 'site clone to another platform', type: siteClone, subject: '8', args: { source: '7' } },
    only: [farms.mysql],
    async prepare(parts) {
      const truth = await lived(parts);
      return { ...truth, cloneAt: { ...truth.cloneAt, platform: 'p2' } };
    },
  },
  { ...moved, title: 'site migrate', args: { platform: 'p2' }, prepare: (parts) => lived(parts) },
  {
    ...{ ...moved, title: 'site migrate of a disabled one', args: { platform: 'p2' } },
    only: [farms.wordpress],
    prepare: (parts) => lived(parts, siteDisable),
  },
  {
    ...{ ...moved, title: 'site migrate of one whose database is not ours', args: { platform: 'p2' } },
    only: [farms.postgresql],
    prepare: async (parts) => ({ ...(await lived(parts)), databaseIsOurs: false }),
  },
  {
    ...{ ...moved, title: 'site migrate, rehearsed', args: { platform: 'p2', rehearse: true } },
    only: [farms.mysql],
    prepare: (parts) => lived(parts),
  },
  {
    ...{ title: 'site move of its database', type: siteMove, subject: '7', args: { dbServer: 'db2' } },
    only: [farms.wordpress, farms.postgresql],
    prepare: (parts) => lived(parts),
  },
  {
    ...{ title: 'site move to another web server', type: siteMove, subject: '7' },
    args: { platform: 'p3', keepOldSeconds: 0 },
    only: [farms.mysql, farms.sqlite],
    async prepare(parts) {
      const truth = await lived(parts);
      await secondVerified(parts, truth);
      return truth;
    },
  },
  {
    ...{ title: 'site rename', type: siteRename, subject: '7', args: { name: 'new.example.org' } },
    only: [farms.mysql, farms.wordpress],
    prepare: (parts) => lived(parts),
  },
  {
    ...{ title: 'site rename to an alias, in its directory', type: siteRename, subject: '7' },
    args: { name: 'www.example.com', keepOld: 'no', keepDirectory: true },
    only: [farms.sqlite],
    prepare: (parts) => lived(parts),
  },
  { title: 'site update', type: siteUpdate, subject: '7', args: {}, prepare: (parts) => lived(parts) },
  {
    ...{ title: 'site update, rehearsed', type: siteUpdate, subject: '7', args: { rehearse: true } },
    only: [farms.sqlite],
    prepare: (parts) => lived(parts),
  },
];

/** As its own server verify would leave it, with the lines that the operator wrote for it. */
export async function secondVerified(parts: FarmParts, truth: Truth): Promise<void> {
  truth.at = { ...truth.at, platform: 'p3' };
  const { http } = await hand(parts, truth).load.site('7');
  truth.at = { ...truth.at, platform: 'p1' };
  const world = parts.otherWorld ?? parts.world;
  world.directory('/var/second/config/server_second');
  await http.verify();
  if (parts.otherWorld) return;
  world.put(`${http.ownLines(siteName)}/before.conf`, '# of the operator, for the other server\n');
}
