import { z } from 'zod';
import { Problem } from '../model/problem.ts';
import { taskType } from './define.ts';
import { movingMs, reference } from './moving/args.ts';
import { askAside, askBefore, askSite } from './moving/asking.ts';
import { checkMoving } from './moving/check.ts';
import { closeSite } from './moving/closing.ts';
import { copyClosed, copyDatabaseClosed, copyFiles } from './moving/copying.ts';
import { rewrite, writeSettings } from './moving/fitting.ts';
import { forgetting, keepOldSeconds } from './moving/forgetting.ts';
import { createDatabase, createDirectory } from './moving/making.ts';
import { isInPlace, type Moving, moving } from './moving/moving.ts';
import { copyOwnLines } from './moving/own-lines.ts';
import { changesHttp, publishAside, switchOver } from './moving/publishing.ts';
import { dropDatabase, removeFiles, withdrawAside } from './moving/removing.ts';
import { checkNames, pointed, pointing } from './site-records.ts';

/** To other servers, with the code that it has: its database to another db service, or the site to another web server. */
export const siteMove = taskType({
  name: 'site move',
  title: 'Move site to other servers',
  args: z
    .strictObject({
      dbServer: reference.optional().describe('Server whose db service its database goes to'),
      platform: reference.optional().describe('Platform with the same release on the web server that it goes to'),
      keepOldSeconds,
    })
    .refine(({ dbServer, platform }) => dbServer !== undefined || platform !== undefined, {
      message: 'says neither a server for its database nor a platform',
    }),
  from: ['enabled', 'disabled'],
  timeoutMs: movingMs,
  copy: ({ dbServer, platform }) => ({ dbServer, platform, directory: platform === undefined ? 'aside' : 'named' }),
  context: async (load, id, { keepOldSeconds: keptSeconds }) => ({
    ...moving(await load.copy(id), await load.site(id), { linksFiles: true }),
    keptSeconds,
  }),

  async check(context) {
    demandOtherServer(context);
    await checkMoving(context);
    if (!isInPlace(context)) await checkNames(context);
  },

  steps: (context) =>
    isInPlace(context)
      ? [
          createDatabase,
          askBefore,
          publishAside,
          closeSite,
          copyDatabaseClosed,
          askAside,
          switchOver,
          askSite,
          withdrawAside,
          dropDatabase,
        ]
      : [
          createDatabase,
          createDirectory,
          askBefore,
          copyFiles,
          copyOwnLines,
          publishAside,
          closeSite,
          copyClosed,
          writeSettings,
          rewrite,
          askAside,
          switchOver,
          askSite,
          ...pointing(context),
          ...forgetting(context, context.keptSeconds),
          withdrawAside,
          dropDatabase,
          removeFiles,
        ],
  done: (context) => ({
    site: { moved: { database: true }, verified: true, ...(!isInPlace(context) && pointed(context)) },
  }),
  failed: () => ({}),
});

function demandOtherServer(context: Moving): void {
  const { from, platform, services, installed } = context;
  if (isInPlace(context)) {
    if (installed.database.driver === 'sqlite')
      throw new Problem('invalid', `the database of ${from.site.name} is a file in its directory`, {
        hint: 'It goes where the site goes: move the site to another platform.',
      });
    if (services.db !== from.services.db) return;
    throw new Problem('invalid', `the database of ${from.site.name} is there already`, {
      hint: 'Choose another server.',
    });
  }
  if (!changesHttp(context))
    throw new Problem('invalid', `platform ${platform.name} is published by the same web server`, {
      hint: `To another copy of the code: aegir site migrate ${from.site.name} ${platform.name}.`,
    });
  if (platform.version !== from.platform.version)
    throw new Problem(
      'invalid',
      `${from.site.name} runs ${from.platform.version ?? 'no known release'}, and platform ${platform.name} holds ${platform.version ?? 'none'}`,
      { hint: `To another release: aegir site migrate ${from.site.name} ${platform.name}.` },
    );
}
