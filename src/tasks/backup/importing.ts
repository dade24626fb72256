import { z } from 'zod';
import { longMs } from '../../services/backup/backups.ts';
import { taskType } from '../define.ts';
import { askSite } from '../moving/asking.ts';
import { demandFree } from '../moving/check.ts';
import { runUpdates, writeSettings } from '../moving/fitting.ts';
import { createDatabase, createDirectory } from '../moving/making.ts';
import { moving } from '../moving/moving.ts';
import { publishNew } from '../moving/publishing.ts';
import { readPackages } from '../site-packages.ts';
import { demandUnpublished } from '../vhost.ts';
import { checkFilling, lookForUpdates } from './checking.ts';
import { type Filling, filling, loadDatabase, rewriteFormer, sourceOf, unpackFiles } from './filling.ts';

export const importArgs = z.strictObject({
  backup: z
    .string()
    .regex(/^[1-9][0-9]{0,18}$/, 'is not the number of a backup')
    .optional()
    .describe("Number of the backup that it is made of; without it, it lies in the platform's directory"),
  update: z
    .boolean()
    .default(false)
    .describe("With a backup: run the updates that the platform's code wants on its database"),
});

/** `site import` where the site comes out of a backup: this hub's own, or one that was uploaded. */
export const importFromBackup = taskType({
  name: 'site import',
  title: 'Import site',
  args: importArgs,
  from: ['queued', 'failed'],
  timeoutMs: longMs,
  locks: (_, { backup }) => (backup === undefined ? [] : [`backup:${backup}`]),

  async context(load, id, { backup = '', update }): Promise<Filling> {
    const source = sourceOf(await load.backup(backup));
    const site = await load.site(id);
    // One that goes on as it was keeps its sessions and what waits to be sent; a second one must not send it again.
    const as = source.manifest.site.name === site.site.name ? 'same site' : 'new site';
    return filling(moving({ ...site, draft: site.site.directory }, site, { as, updatesFollow: update }), source);
  },

  async check(context) {
    await checkFilling(context);
    await demandFree(context);
    await demandUnpublished(context);
  },

  steps: ({ updatesFollow }) => [
    createDatabase,
    createDirectory,
    unpackFiles,
    loadDatabase,
    writeSettings,
    rewriteFormer,
    updatesFollow ? runUpdates : lookForUpdates,
    publishNew,
    askSite,
    readPackages,
  ],
  done: () => ({ site: { status: 'enabled', verified: true, databaseIsOurs: true } }),
  failed: () => ({ site: { status: 'failed' } }),
});
