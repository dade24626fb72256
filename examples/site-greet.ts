import { z } from 'zod';
import { putDirectory } from '../src/machine/put.ts';
import type { Extension } from '../src/tasks/catalog.ts';
import type { SiteContext } from '../src/tasks/context.ts';
import { taskType } from '../src/tasks/define.ts';
import type { Step } from '../src/tasks/task-type.ts';

/**
 * Example 4: a task type of one's own, and a sweep that adds it to every enabled site once a day.
 *
 *     aegir site greet example.com --words "Good morning"
 *
 * Its name is all that API, CLI and panel need: they list it, check its arguments by its schema, show its steps and log.
 */
type GreetContext = SiteContext & { readonly words: string };
type GreetStep = Step<GreetContext, { readonly greeting: string }>;

const pathOf = ({ paths, site }: GreetContext): string => `${paths.config}/greetings/${site.name}.txt`;
const draftOf = (context: GreetContext): string => `${pathOf(context)}.draft`;

/** A step may be run again after a crash, and undone after it: both must end in the same place however often they run. */
const writeDraft: GreetStep = {
  name: 'write draft',
  async run(context) {
    const { machine, paths, site, words } = context;
    await putDirectory(machine, `${paths.config}/greetings`, { mode: '0755' });
    const greeting = `${words}, ${site.title}!`;
    await machine.write(draftOf(context), `${greeting}\n`, { mode: '0644' });
    return { greeting };
  },
  undo: (context) => context.machine.remove(draftOf(context)),
};

const showGreeting: GreetStep = {
  name: 'show greeting',
  async run(context) {
    const { machine, report } = context;
    // Absent: an earlier attempt has moved it and could not say so any more.
    if (await machine.stat(draftOf(context))) await machine.move(draftOf(context), pathOf(context));
    await report.note('the greeting can be read');
  },
  undo: 'nothing', // It is the last step, and a file is moved whole or not at all.
};

const siteGreet = taskType({
  name: 'site greet',
  title: 'Greet site',
  args: z.strictObject({
    words: z
      .string()
      .regex(/^[\p{L}\p{N} ,.!?'-]{1,100}$/u, 'is not a greeting')
      .default('Hello'),
  }),
  from: ['enabled'],
  timeoutMs: 60_000,
  coalesce: true,
  context: async (load, id, { words }): Promise<GreetContext> => ({ ...(await load.site(id)), words }),
  check: async () => {},
  steps: () => [writeDraft, showGreeting],
  // The status of the site stays as it is.
  done: () => ({}),
  failed: () => ({}),
});

export const siteGreeting: Extension = {
  taskTypes: [siteGreet],
  sweeps: [{ name: 'greetings', everyMs: 24 * 60 * 60_000, task: 'site greet' }],
};
