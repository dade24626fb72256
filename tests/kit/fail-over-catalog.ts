import { appendFile, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { applications } from '../../src/applications/applications.ts';
import { engines } from '../../src/services/engines.ts';
import { catalog } from '../../src/tasks/catalog.ts';
import { taskType } from '../../src/tasks/define.ts';
import { taskTypes } from '../../src/tasks/task-types.ts';

/** Two, as a site is asked for one thing once at a time: so that one waits for the other. */
export const markTasks = ['site mark', 'site stamp'] as const;
export const markSteps = ['one', 'two', 'three'] as const;

/** Outside of the database: a file of effects for each site, one line for each task and step; and one of all attempts. */
const directory = process.env['AEGIR_TEST_EFFECTS'] ?? '';

/** While it lasts nobody else is at work on the site; the kernel lets go of it with the process. */
async function alone(site: string, action: () => Promise<void>): Promise<void> {
  const lock = createServer();
  await new Promise<void>((resolve, reject) => {
    lock.once('error', reject);
    lock.listen(`\0aegir-${directory}-${site}`, resolve);
  }).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') await appendFile(`${directory}/overlaps`, `${site}\n`);
    throw error;
  });
  try {
    await action();
  } finally {
    await new Promise((resolve) => lock.close(resolve));
  }
}

interface Context {
  readonly site: string;
  readonly n: number;
}

/** Repeatable as all steps are: what is there already is not done again. */
const step = (name: string) => ({
  name,
  run: ({ site, n }: Context) =>
    alone(site, async () => {
      const file = `${directory}/${site}`;
      const line = `${n} ${name}`;
      await appendFile(`${directory}/attempts`, `${site} ${line}\n`);
      const done = (await readFile(file, 'utf8').catch(() => '')).split('\n');
      await sleep(10);
      if (!done.includes(line)) await appendFile(file, `${line}\n`);
    }),
  undo: 'nothing' as const, // It never fails.
});

const marking = (name: `site ${string}`) =>
  taskType({
    name,
    title: name,
    args: z.strictObject({ n: z.int() }),
    from: ['enabled'],
    timeoutMs: 600_000,
    async context(load, id, { n }): Promise<Context> {
      // With all its rows, as every task of a site has them.
      const { site } = await load.site(id);
      return { site: site.name, n };
    },
    check: async () => undefined,
    steps: () => markSteps.map(step),
    done: () => ({}),
    failed: () => ({}),
  });

export const markingCatalog = catalog(
  { engines, applications, taskTypes: [...taskTypes, ...markTasks.map(marking)], sweeps: [] },
  [],
);
