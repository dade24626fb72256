import { z } from 'zod';
import { taskType } from './define.ts';
import { movingMs, reference, rehearse } from './moving/args.ts';
import { askBefore, askSite, askUpdated } from './moving/asking.ts';
import { checkMoving } from './moving/check.ts';
import { closeSite } from './moving/closing.ts';
import { copyClosed, copyFiles } from './moving/copying.ts';
import { rewrite, runUpdates, writeSettings } from './moving/fitting.ts';
import { createDatabase, createDirectory } from './moving/making.ts';
import { moving } from './moving/moving.ts';
import { copyOwnLines } from './moving/own-lines.ts';
import { publishAside, switchOver } from './moving/publishing.ts';
import { readPackagesOfCopy } from './moving/reading.ts';
import { rehearsal } from './moving/rehearsing.ts';
import { dropDatabase, removeFiles, withdrawAside } from './moving/removing.ts';

/** To another copy of the code, which may be another release: its updates are run, and proven, on a copy of the site. */
export const siteMigrate = taskType({
  name: 'site migrate',
  title: 'Migrate site to another platform',
  args: z.strictObject({ platform: reference.describe('Platform that it goes to'), rehearse }),
  from: ['enabled', 'disabled'],
  timeoutMs: movingMs,
  copy: ({ platform }) => ({ platform, directory: 'named' }),
  context: async (load, id, { rehearse: isRehearsal }) =>
    moving(await load.copy(id), await load.site(id), 'same site', isRehearsal),
  check: checkMoving,
  steps: ({ isRehearsal }) =>
    isRehearsal
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
          readPackagesOfCopy,
          switchOver,
          askSite,
          withdrawAside,
          dropDatabase,
          removeFiles,
        ],
  done: ({ isRehearsal }) => (isRehearsal ? {} : { site: { moved: { database: true }, verified: true } }),
  failed: () => ({}),
});
