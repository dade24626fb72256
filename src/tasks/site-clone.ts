import { z } from 'zod';
import { taskType } from './define.ts';
import { movingMs } from './moving/args.ts';
import { askSite } from './moving/asking.ts';
import { checkMoving } from './moving/check.ts';
import { copyOpen } from './moving/copying.ts';
import { rewrite, runUpdates, writeSettings } from './moving/fitting.ts';
import { createDatabase, createDirectory } from './moving/making.ts';
import { moving } from './moving/moving.ts';
import { copyOwnLines } from './moving/own-lines.ts';
import { publishNew } from './moving/publishing.ts';
import { readPackages } from './site-packages.ts';
import { checkNames, pointed, pointing } from './site-records.ts';

/** Of the new site, which begins as another one is; that one stays open all the time. `POST /api/sites/:name/clone` makes it. */
export const siteClone = taskType({
  name: 'site clone',
  title: 'Clone site',
  args: z.strictObject({
    source: z
      .string()
      .regex(/^[1-9][0-9]{0,18}$/)
      .describe('Id of the site that it is made of'),
  }),
  from: ['queued', 'failed'],
  timeoutMs: movingMs,
  locks: (_, { source }) => [`site:${source}`],
  async context(load, id, { source }) {
    const site = await load.site(id);
    const from = await load.site(source);
    const updatesFollow = site.platform.id !== from.platform.id;
    const common = await load.common(from, site);
    return moving({ ...site, draft: site.site.directory }, from, { as: 'new site', updatesFollow, common });
  },
  async check(context) {
    await checkMoving(context);
    await checkNames(context);
  },
  steps: (context) => [
    createDatabase,
    createDirectory,
    copyOpen,
    copyOwnLines,
    writeSettings,
    rewrite,
    ...(context.updatesFollow ? [runUpdates] : []),
    publishNew,
    askSite,
    ...pointing(context),
    readPackages,
  ],
  done: (context) => ({
    site: { status: 'enabled', verified: true, databaseIsOurs: true, ...pointed(context) },
  }),
  failed: () => ({ site: { status: 'failed' } }),
});
