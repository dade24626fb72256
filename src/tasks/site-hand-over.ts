import { z } from 'zod';
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
  args: z.strictObject({}),
  from: ['enabled'],
  timeoutMs: 5 * 60_000,
  // A person is waiting for it.
  priority: -10,
  context: (load, id) => load.site(id),
  check: checkNames,
  steps: (context) => [publishNames, ...repairing(context), handOver],
  done: (context) => ({ site: { ...pointed(context) } }),
  failed: () => ({}),
});

type HandOverStep = Step<SiteContext, Record<string, never>>;

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
  async run({ application, machine, installed, report }) {
    await report.keep('loginLink', new Secret(await application.handOver(machine, installed)));
  },
  undo: 'nothing', // What it was called before is nobody's any more.
};
