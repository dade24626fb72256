import { z } from 'zod';
import { taskType } from './define.ts';
import { publish } from './vhost.ts';

export const siteEnable = taskType({
  name: 'site enable',
  title: 'Enable site',
  args: z.strictObject({}),
  from: ['disabled'],
  timeoutMs: 5 * 60_000,
  context: (load, id) => load.site(id),
  check: async () => {},
  steps: () => [
    {
      name: 'publish',
      run: async (context) => context.report.changed(await publish(context, 'enabled')),
      undo: async (context) => void (await publish(context, 'disabled')),
    },
  ],
  done: () => ({ site: { status: 'enabled' } }),
  failed: () => ({}),
});
