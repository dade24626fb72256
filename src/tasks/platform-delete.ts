import { dirname } from 'node:path/posix';
import { z } from 'zod';
import { namesShown } from '../model/names-shown.ts';
import { Problem } from '../model/problem.ts';
import type { PlatformContext } from './context.ts';
import { taskType } from './define.ts';
import { withdrawCode } from './spread/spread-code.ts';
import type { Step } from './task-type.ts';

type DeleteContext = PlatformContext & { readonly removeCode: boolean };

export const platformDelete = taskType({
  name: 'platform delete',
  title: 'Delete platform',
  args: z.strictObject({
    removeCode: z
      .boolean()
      .default(false)
      .describe('Remove the code too, with all that is in its directory; only where Aegir has built it'),
  }),
  from: ['queued', 'enabled', 'failed', 'locked'],
  timeoutMs: 30 * 60_000,
  context: async (load, id, { removeCode }): Promise<DeleteContext> => ({ ...(await load.platform(id)), removeCode }),

  async check({ platform, build, siteDirectories, applications, machine, removeCode }) {
    if (siteDirectories.length > 0)
      throw new Problem('in-use', `platform ${platform.name} still carries ${namesShown(siteDirectories)}`, {
        hint: 'Migrate or delete these sites first.',
      });
    if (!removeCode) return;
    if (!build.isBuilt)
      throw new Problem('invalid', `the code of ${platform.name} was not built by Aegir, so it is not ours to remove`, {
        hint: `Delete the platform without --remove-code, and remove ${platform.root} yourself.`,
      });
    const application = applications.find(({ name }) => name === platform.application);
    const found = (await application?.sitesFound(machine, platform)) ?? [];
    if (found.length > 0)
      throw new Problem(
        'in-use',
        `sites that Aegir does not know are in ${platform.root}: ${namesShown(found.map(({ directory }) => directory))}`,
        {
          hint: 'Import them, or remove them by hand first.',
        },
      );
  },

  steps: ({ removeCode, http }) => [...(http.spread ? [withdraw] : []), ...(removeCode ? [setAside, removeFiles] : [])],

  done: () => ({ platform: { status: 'deleted' } }),
  failed: () => ({}),
});

type DeleteStep = Step<DeleteContext, Record<string, never>>;

/** The document root and what lies beside it, such as vendor/. That it was built has been checked. */
const project = ({ build, platform }: DeleteContext): string => build.tree ?? platform.root;
const aside = (context: DeleteContext): string => `${dirname(project(context))}/.removed-${context.platform.id}`;

/** A verify brings it there again. */
const withdraw: DeleteStep = {
  name: 'remove the code from all members',
  run: (context) => withdrawCode(context, context.platform.root),
  undo: 'nothing',
};

const setAside: DeleteStep = {
  name: 'set code aside',
  async run(context) {
    if (await context.machine.stat(project(context))) await context.machine.move(project(context), aside(context));
  },
  async undo(context) {
    if (await context.machine.stat(aside(context))) await context.machine.move(aside(context), project(context));
  },
};

const removeFiles: DeleteStep = {
  name: 'remove code',
  run: (context) => context.machine.remove(aside(context)),
  undo: 'forward',
};
