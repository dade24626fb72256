import { z } from 'zod';
import { taskType } from './define.ts';
import { despiteErrors, movingMs, reference, rehearse } from './moving/args.ts';
import { askBefore, askSite, askUpdated } from './moving/asking.ts';
import { checkMoving } from './moving/check.ts';
import { closeSite } from './moving/closing.ts';
import { copyClosed, copyFiles } from './moving/copying.ts';
import { rewrite, runUpdates, writeSettings } from './moving/fitting.ts';
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
  args: z.strictObject({ platform: reference.describe('Platform that it goes to'), rehearse, despiteErrors }),
  from: ['enabled', 'disabled'],
  timeoutMs: movingMs,
  copy: ({ platform }) => ({ platform, directory: 'named' }),
  context: async (load, id, { rehearse: isRehearsal, despiteErrors: isDespite }) =>
    moving(await load.copy(id), await load.site(id), {
      ...{ isRehearsal, despiteErrors: isDespite, updatesFollow: true },
    }),
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
          withdrawAside,
          dropDatabase,
          removeFiles,
        ],
  done: (context) =>
    context.isRehearsal ? {} : { site: { moved: { database: true }, verified: true, ...pointed(context) } },
  failed: () => ({}),
});
