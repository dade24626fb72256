import { z } from 'zod';

/** The shapes of what a worker reads on a server while somebody waits. */

const mb = z.int();

export const serverLoad = z
  .object({
    load: z
      .tuple([z.number(), z.number(), z.number()])
      .describe('Of the last minute, five and fifteen: what runs or waits for a disk'),
    cpus: z.int(),
    memory: z.object({ totalMb: mb, availableMb: mb, swapTotalMb: mb, swapFreeMb: mb }),
    disks: z
      .array(z.object({ path: z.string(), totalMb: mb, freeMb: mb }))
      .describe('File systems with something of ours, by where they are mounted'),
    uptimeSeconds: z.int(),
  })
  .meta({ id: 'ServerLoad' });

export const serverNames = z
  .object({
    checked: z.int().describe('Names with records of ours there'),
    differ: z.int().describe('Of them, those that lead elsewhere'),
    differences: z.array(z.string()).describe('The first thousand of them, in words'),
  })
  .meta({ id: 'ServerNames' });

export const webLogLine = z
  .object({
    at: z.string().nullable().describe('Null where the line does not say it with its time zone'),
    status: z.int().nullable().describe('As it was answered: 200, 404, …; null in the error log'),
    text: z.string().describe('As the web server wrote it, with dots for what could let one in'),
  })
  .meta({ id: 'WebLogLine' });

/** As model/drift.ts has it. */
export const difference = z
  .object({
    what: z.string().describe('A path, or in words what a verify would put right'),
    kind: z.enum(['differs', 'missing', 'surplus', 'rights', 'other']),
    diff: z.string().nullable().describe('Unified, from what is there to what should be, with dots for secrets'),
  })
  .meta({ id: 'Difference' });

export const drift = z
  .object({
    subject: z.object({ noun: z.string(), id: z.string(), name: z.string() }),
    lookedAt: z.string().nullable().describe('Null: nobody has looked yet'),
    since: z.string().nullable().describe('When it was first seen that something differs; null: nothing does'),
    differences: z.array(difference),
  })
  .meta({ id: 'Drift' });

export const driftQuery = z.strictObject({
  now: z.enum(['true', 'false']).default('false').describe('Look now; else it is answered what was last seen'),
});
