import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import type { Moving, MovingStep } from './moving.ts';
import { changesHttp } from './publishing.ts';

export const keepOldSeconds = z
  .int()
  .min(0)
  .max(60 * 60)
  .optional()
  .describe(
    'How many seconds the former web server goes on answering at most, where resolvers may still send visitors there (60)',
  );
const usualSeconds = 60;

/** Looked at so often whether the task is still wanted. */
const lookMs = 2_000;

/**
 * Who has asked the DNS before the switch is sent to the former web server for as long as the records said. Until then that one
 * goes on answering, that the site is being worked on.
 */
const letForget = (limitSeconds: number): MovingStep => ({
  name: 'wait until nobody is sent to the former server',
  async run({ from, report, dns, machine }) {
    const seconds = Math.max(0, ...dns.records.map(({ pointing }) => pointing?.ttlSeconds ?? 0));
    if (report.isDryRun || from.site.status !== 'enabled' || seconds === 0) return;
    const waitMs = Math.min(limitSeconds, seconds) * 1000;
    if (limitSeconds < seconds)
      await report.note(
        `resolvers may send visitors to ${from.server.name} for ${seconds} s, of which ${limitSeconds} are waited`,
        'warning',
      );
    const until = performance.now() + waitMs;
    for (let leftMs = waitMs; leftMs > 0; leftMs = until - performance.now()) {
      await wait(Math.min(lookMs, leftMs));
      await machine.stat('/'); // Refuses when the claim is lost.
    }
  },
  undo: 'nothing', // It only waits.
});

/** Nobody needs it where the web server stays, or where no names of ours lead to it. */
export const forgetting = (context: Moving, limitSeconds = usualSeconds): readonly MovingStep[] =>
  changesHttp(context) && context.dns.records.length > 0 ? [letForget(limitSeconds)] : [];
