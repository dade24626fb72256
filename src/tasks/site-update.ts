import { z } from 'zod';
import { Problem } from '../model/problem.ts';
import { taskType } from './define.ts';
import { despiteErrors, movingMs, rehearse } from './moving/args.ts';
import { askBefore, askSite, askUpdated } from './moving/asking.ts';
import { checkMoving } from './moving/check.ts';
import { closeSite } from './moving/closing.ts';
import { copyClosed, copyFiles } from './moving/copying.ts';
import { runUpdates, writeSettings } from './moving/fitting.ts';
import { createDatabase, createDirectory } from './moving/making.ts';
import { moving } from './moving/moving.ts';
import { takePlace } from './moving/placing.ts';
import { publishAside, switchOver } from './moving/publishing.ts';
import { rehearsal } from './moving/rehearsing.ts';
import { dropDatabase, removeFiles, withdrawAside } from './moving/removing.ts';

/** Of packages whose code was changed where the site is. */
export const siteUpdate = taskType({
  name: 'site update',
  title: 'Run pending updates',
  args: z.strictObject({ rehearse, despiteErrors }),
  from: ['enabled', 'disabled'],
  timeoutMs: movingMs,
  // A rehearsal leaves the site where it is, so its copy needs a directory of its own.
  copy: ({ rehearse: isRehearsal }) => ({ directory: isRehearsal ? 'apart' : 'aside' }),
  context: async (load, id, { rehearse: isRehearsal, despiteErrors: isDespite }) =>
    moving(await load.copy(id), await load.site(id), {
      ...{ isRehearsal, despiteErrors: isDespite, updatesFollow: true },
    }),
  async check(context) {
    const { application, machine, installed, site } = context.from;
    if ((await application.pendingUpdates(machine, installed)).length === 0)
      throw new Problem('wrong-status', `${site.name} has no pending updates`, { hint: 'Nothing needs to be done.' });
    await checkMoving(context);
  },
  steps: ({ isRehearsal }) =>
    isRehearsal
      ? rehearsal
      : [
          createDatabase,
          createDirectory,
          askBefore,
          copyFiles,
          publishAside,
          closeSite,
          copyClosed,
          takePlace,
          writeSettings,
          runUpdates,
          askUpdated,
          switchOver,
          askSite,
          withdrawAside,
          dropDatabase,
          removeFiles,
        ],
  done: ({ isRehearsal }) => (isRehearsal ? {} : { site: { moved: { database: true }, verified: true } }),
  failed: () => ({}),
});
