import { z } from 'zod';
import { taskType } from './define.ts';
import { makeLoginLink } from './site-install.ts';

export const siteLogin = taskType({
  name: 'site login',
  title: 'Make a login link',
  args: z.strictObject({}),
  from: ['enabled'],
  timeoutMs: 60_000,
  // A person is waiting for it.
  priority: -10,
  context: (load, id) => load.site(id),
  check: async () => {},
  steps: () => [makeLoginLink],
  done: () => ({}),
  failed: () => ({}),
});
