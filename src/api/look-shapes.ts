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

export const webLogLine = z
  .object({
    at: z.string().nullable().describe('Null where the line does not say it with its time zone'),
    status: z.int().nullable().describe('As it was answered: 200, 404, …; null in the error log'),
    text: z.string().describe('As the web server wrote it, with dots for what could let one in'),
  })
  .meta({ id: 'WebLogLine' });
