import { z } from 'zod';
import { hostName } from '../../model/host-name.ts';
import { Problem } from '../../model/problem.ts';

/** Name, context name or id of something that the hub knows: it says what is meant when the task is added. */
export const reference = z.string().min(1).max(300);

/** Stored in one spelling: small letters and punycode. */
export const host = z
  .string()
  .max(1000)
  .transform((given, context) => {
    try {
      return hostName(given);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  });

export const rehearse = z
  .boolean()
  .default(false)
  .describe('Only try it on a copy that is thrown away, and report what would happen; the site stays open');

export const despiteErrors = z
  .boolean()
  .default(false)
  .describe('Switch over although the copy has logged errors; they are in the log');

/** A very large site is copied for hours. */
export const movingMs = 12 * 60 * 60_000;
