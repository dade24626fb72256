import { z } from 'zod';

const subject = z.object({ noun: z.string(), id: z.string(), name: z.string() });

export const queue = z
  .object({
    name: z.string(),
    about: z.string(),
    paused: z.boolean(),
    every: z
      .string()
      .nullable()
      .describe('How often each has its turn that has no period of its own; null: it has no turns'),
    window: z.string().nullable().describe('Hours in which it begins anything; null: always'),
    isOpen: z.boolean().describe('Whether these are now'),
    changesAt: z.string().nullable().describe('When they begin or end next; null: never'),
    limit: z.int().nullable().describe('How many at once on one server; null: it has no turns'),
    turns: z.int().describe('How many have a turn in it'),
    running: z.int(),
    due: z.int().describe('How many wait although their time has come'),
    late: z.int().describe('… by more than a twentieth of their period, and more than a minute'),
    failing: z.int().describe('How many failed the last time'),
    lastRunAt: z.string().nullable().describe('When it last did something, or looked whether there is something to do'),
  })
  .meta({ id: 'Queue' });

export const turn = z
  .object({
    subject,
    server: z.string(),
    every: z.string(),
    state: z.enum(['waiting', 'running', 'late']),
    dueAt: z.string().describe('Of one that runs: when it was'),
    begunAt: z.string().nullable(),
    worker: z.string().nullable(),
    task: z.string().nullable(),
    failures: z.int().describe('How many times it failed, one after the other; it waits longer each time'),
    lastAt: z.string().nullable().describe('When the last one that has ended began'),
    problem: z.unknown().describe('Of the last one; null: it went well, or there was none'),
  })
  .meta({ id: 'Turn' });

export const run = z
  .object({
    id: z.string(),
    subject,
    status: z.string(),
    task: z.string().nullable(),
    dueAt: z.string(),
    begunAt: z.string(),
    endedAt: z.string(),
    lines: z.string().describe('The last that it said'),
    problem: z.unknown(),
  })
  .meta({ id: 'Run' });

/** A site's turn in a queue. */
const siteTurn = z.object({
  every: z.string(),
  isOwn: z.boolean().describe('Whether the period is its own'),
  dueAt: z.string().nullable().describe('null: it has no turn'),
  lastAt: z.string().nullable().describe('When the last one that has ended began'),
  failures: z.int().describe('How many times it failed, one after the other'),
  problem: z.unknown().describe('Of the last one; null: it went well, or there was none'),
});
export const siteCron = siteTurn.extend({ by: z.enum(['web', 'command']) }).meta({ id: 'SiteCron' });
export const siteBackup = siteTurn
  .extend({
    retention: z.record(z.string(), z.unknown()).nullable().describe('Its own rule; null: as the setting says'),
  })
  .meta({ id: 'SiteBackup' });
