import { z } from 'zod';
import { taskType } from './define.ts';
import { publish } from './vhost.ts';

export const siteDisable = taskType({
  name: 'site disable',
  title: 'Disable site',
  args: z.strictObject({}),
  from: ['enabled'],
  timeoutMs: 5 * 60_000,
  context: (load, id) => load.site(id),
  check: async () => {},
  steps: () => [
    {
      name: 'publish the notice',
      run: async (context) => context.report.changed(await publish(context, 'disabled')),
      undo: async (context) => void (await publish(context, 'enabled')),
    },
  ],
  done: () => ({ site: { status: 'disabled' } }),
  failed: () => ({}),
});
