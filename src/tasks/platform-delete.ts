import { dirname } from 'node:path/posix';
import { z } from 'zod';
import { Problem } from '../model/problem.ts';
import type { PlatformContext } from './context.ts';
import { taskType } from './define.ts';
import type { Step } from './task-type.ts';

type DeleteContext = PlatformContext & { readonly removeCode: boolean };

export const platformDelete = taskType({
  name: 'platform delete',
  title: 'Delete platform',
  args: z.strictObject({
    removeCode: z
      .boolean()
      .default(false)
      .describe("Remove the platform's code too; only below the server's platforms directory."),
  }),
  from: ['queued', 'enabled', 'failed', 'locked'],
  timeoutMs: 30 * 60_000,
  context: async (load, id, { removeCode }): Promise<DeleteContext> => ({ ...(await load.platform(id)), removeCode }),

  async check({ platform, paths, siteDirectories, applications, machine, removeCode }) {
    if (siteDirectories.length > 0)
      throw new Problem('in-use', `platform ${platform.name} still carries ${siteDirectories.join(', ')}`, {
        hint: 'Migrate or delete these sites first.',
      });
    if (!removeCode) return;
    if (!platform.root.startsWith(`${paths.platforms}/`))
      throw new Problem(
        'invalid',
        `the code of ${platform.name} is not below ${paths.platforms}, so it is not ours to remove`,
        {
          hint: 'Delete the platform without --remove-code and remove the directory yourself.',
        },
      );
    const application = applications.find(({ name }) => name === platform.application);
    const found = (await application?.sitesFound(machine, platform)) ?? [];
    if (found.length > 0)
      throw new Problem(
        'in-use',
        `sites that Aegir does not know are in ${platform.root}: ${found.map(({ directory }) => directory).join(', ')}`,
        {
          hint: 'Import them, or remove them by hand first.',
        },
      );
  },

  steps: ({ removeCode }) => (removeCode ? [setAside, removeFiles] : []),

  done: () => ({ platform: { status: 'deleted' } }),
  failed: () => ({}),
});

type DeleteStep = Step<DeleteContext, Record<string, never>>;

/** The project's own directory below platforms/: with a docroot such as web/, the code is one level up. */
const project = ({ platform, paths }: DeleteContext): string => {
  let path = platform.root;
  while (dirname(path) !== paths.platforms) path = dirname(path);
  return path;
};
const aside = (context: DeleteContext): string => `${context.paths.platforms}/.removed-${context.platform.id}`;

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
