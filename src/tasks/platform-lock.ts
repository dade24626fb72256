import { z } from 'zod';
import { taskType } from './define.ts';

/** A locked platform takes no new sites; those that are on it go on. Only the hub knows, so there are no steps. */
export const platformLock = taskType({
  name: 'platform lock',
  title: 'Lock platform',
  args: z.strictObject({}),
  from: ['enabled'],
  timeoutMs: 60_000,
  context: (load, id) => load.platform(id),
  check: async () => {},
  steps: () => [],
  done: () => ({ platform: { status: 'locked' } }),
  failed: () => ({}),
});
