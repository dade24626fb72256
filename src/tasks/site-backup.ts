import { z } from 'zod';
import { longMs } from '../services/backup/backups.ts';
import { checkBackup, makeBackup } from './backup/making.ts';
import { taskType } from './define.ts';

/** The site stays open. Its database is that of one moment; a file that is written meanwhile may be the old one or the new. */
export const siteBackup = taskType({
  name: 'site backup',
  title: 'Back up site',
  args: z.strictObject({
    note: z.string().max(1000).default('').describe('What it is for'),
    reason: z.enum(['request', 'schedule']).default('request').describe('Who asks: a person, or the clock'),
  }),
  from: ['enabled', 'disabled'],
  timeoutMs: longMs,
  backup: (wanted) => wanted,
  context: async (load, id) => ({ ...(await load.site(id)), made: await load.newBackup(), seen: {} }),
  check: (context) =>
    checkBackup(context, {
      instead: `Bring it back: aegir site restore ${context.site.name} --backup NUMBER --no-backup-first.`,
    }),
  steps: () => [makeBackup],
  done: () => ({}),
  failed: () => ({}),
});
