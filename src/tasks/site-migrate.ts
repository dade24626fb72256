import { z } from 'zod';
import { taskType } from './define.ts';
import { despiteErrors, movingMs, reference, rehearse } from './moving/args.ts';
import { askBefore, askSite, askUpdated } from './moving/asking.ts';
import { checkMoving } from './moving/check.ts';
import { closeSite } from './moving/closing.ts';
import { copyClosed, copyFiles } from './moving/copying.ts';
import { rewrite, runUpdates, writeSettings } from './moving/fitting.ts';
import { forgetting, keepOldSeconds } from './moving/forgetting.ts';
import { createDatabase, createDirectory } from './moving/making.ts';
import { moving } from './moving/moving.ts';
import { copyOwnLines } from './moving/own-lines.ts';
import { publishAside, switchOver } from './moving/publishing.ts';
import { rehearsal } from './moving/rehearsing.ts';
import { dropDatabase, removeFiles, withdrawAside } from './moving/removing.ts';
import { checkNames, pointed, pointing } from './site-records.ts';

/** To another copy of the code, which may be another release: its updates are run, and proven, on a copy of the site. */
export const siteMigrate = taskType({
  name: 'site migrate',
  title: 'Migrate site to another platform',
  args: z.strictObject({
    platform: reference.describe('Platform that it goes to; it may be on another server'),
    dbServer: reference
      .optional()
      .describe('Server whose db service its database goes to; it stays where it is unless given'),
    rehearse,
    despiteErrors,
    keepOldSeconds,
  }),
  from: ['enabled', 'disabled'],
  timeoutMs: movingMs,
  copy: ({ platform, dbServer }) => ({ platform, dbServer, directory: 'named' }),
  context: async (load, id, { rehearse: isRehearsal, despiteErrors: isDespite, keepOldSeconds: keptSeconds }) => {
    const [copy, from] = [await load.copy(id), await load.site(id)];
    const common = await load.common(from, copy);
    const how = { isRehearsal, despiteErrors: isDespite, updatesFollow: true, common };
    return { ...moving(copy, from, how), keptSeconds };
  },
  async check(context) {
    await checkMoving(context);
    if (!context.isRehearsal) await checkNames(context);
  },
  steps: (context) =>
    context.isRehearsal
      ? rehearsal
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
          runUpdates,
          askUpdated,
          switchOver,
          askSite,
          ...pointing(context),
          ...forgetting(context, context.keptSeconds),
          withdrawAside,
          dropDatabase,
          removeFiles,
        ],
  done: (context) =>
    context.isRehearsal ? {} : { site: { moved: { database: true }, verified: true, ...pointed(context) } },
  failed: () => ({}),
});
