import { z } from 'zod';
import { accountName, type Owner, variableName } from '../model/owner.ts';
import { Secret } from '../model/secret.ts';
import type { SiteContext } from './context.ts';
import { taskType } from './define.ts';
import { putSettings } from './site-directory.ts';
import { checkNames, pointed, repairing } from './site-records.ts';
import type { Step } from './task-type.ts';
import { publish } from './vhost.ts';

/**
 * A site becomes that of who has it from now on, with the names, title and mail address that the hub has: in its settings and at its
 * web server, then in the site itself. Quick, as somebody waits for it; whatever else there is to verify, `site verify` does.
 */
export const siteHandOver = taskType({
  name: 'site hand-over',
  title: 'Hand site over',
  args: z.strictObject({
    account: accountName.optional().describe('Name of the first account'),
    variables: z
      .record(variableName, z.union([z.string().max(10_000), z.number(), z.boolean()]))
      .optional()
      .describe('What else its owner says of it, by the names that the application has for them'),
  }),
  from: ['enabled'],
  timeoutMs: 5 * 60_000,
  // A person is waiting for it.
  priority: -10,
  context: async (load, id, owner): Promise<HandOverContext> => ({ ...(await load.site(id)), owner }),
  check: checkNames,
  steps: (context: HandOverContext): readonly HandOverStep[] => [publishNames, ...repairing(context), handOver],
  done: (context) => ({ site: { ...pointed(context) } }),
  failed: () => ({}),
});

interface HandOverContext extends SiteContext {
  readonly owner: Owner;
}
type HandOverStep = Step<HandOverContext, Record<string, never>>;

const publishNames: HandOverStep = {
  name: 'publish under its names',
  async run(context) {
    await context.report.changed(await putSettings(context));
    await context.report.changed(await publish(context, 'enabled'));
  },
  undo: 'nothing', // They are its names, as the hub has them; who had the site before has it no longer.
};

const handOver: HandOverStep = {
  name: 'give it its title and its first account',
  async run({ application, machine, installed, owner, report }) {
    await report.keep('loginLink', new Secret(await application.handOver(machine, installed, owner)));
  },
  undo: 'nothing', // What it was called before is nobody's any more.
};
