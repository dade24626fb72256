import { silentMaxMs } from '../hub/lost-tasks.ts';
import type { Clock } from '../model/clock.ts';
import { Problem } from '../model/problem.ts';

const againMs = 200;

/**
 * A database that is started anew or failed over is away for some seconds: long enough to break every write, short enough
 * that no task need be lost for it. What is given must be harmless to do twice, as nobody can know whether an attempt
 * that broke off had been committed. After the time in which the claim surely still is ours, the error is thrown.
 * A Problem ('lost') is an answer and is thrown at once.
 */
export async function patiently<T>(clock: Clock, claim: AbortSignal, action: () => Promise<T>): Promise<T> {
  const until = performance.now() + silentMaxMs - 3000;
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (error instanceof Problem || claim.aborted || performance.now() > until) throw error;
      await clock.sleep(againMs, claim);
    }
  }
}
