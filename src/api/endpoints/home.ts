import { z } from 'zod';
import { endpoint } from '../endpoint.ts';

const at = z.string();

export const homeEndpoints = {
  home: endpoint({
    method: 'GET',
    path: '/api/home',
    summary: 'What needs somebody, and how it goes: tasks by hour, versions, age of backups, sites of each server',
    answer: z.object({
      counts: z.object({
        sites: z.int(),
        platforms: z.int(),
        servers: z.int(),
        running: z.int(),
        queued: z.int(),
        failedToday: z.int(),
      }),
      attention: z
        .array(
          z.object({
            kind: z.enum(['stuck', 'failed', 'stopped', 'old backup', 'no backup', 'bad backup']),
            isBad: z.boolean(),
            noun: z.string(),
            name: z.string(),
            title: z.string(),
            about: z.string(),
            at: at.nullable(),
          }),
        )
        .describe('The worst and newest of each kind'),
      hours: z
        .array(z.object({ at, done: z.int(), failed: z.int(), waitedMs: z.number().nullable() }))
        .describe('The last 48, by when tasks ended; waitedMs is the median between asked for and begun'),
      versions: z.array(
        z.object({ application: z.string().nullable(), version: z.string().nullable(), sites: z.int() }),
      ),
      backupAges: z
        .array(z.object({ age: z.enum(['day', 'week', 'month', 'older', 'none']), sites: z.int() }))
        .describe('Of the last good backup of each site that is installed'),
      servers: z.array(
        z.object({
          name: z.string(),
          platforms: z.int(),
          sites: z.int(),
          diskFreeMb: z.number().nullable().describe('As the last verify found it'),
          backupBytes: z.number().describe('Of the backups that are kept there'),
        }),
      ),
    }),
  }),
};
