import { z } from 'zod';
import { taskType } from './define.ts';

export const platformUnlock = taskType({
  name: 'platform unlock',
  title: 'Unlock platform',
  args: z.strictObject({}),
  from: ['locked'],
  timeoutMs: 60_000,
  context: (load, id) => load.platform(id),
  check: async () => {},
  steps: () => [],
  done: () => ({ platform: { status: 'enabled' } }),
  failed: () => ({}),
});
