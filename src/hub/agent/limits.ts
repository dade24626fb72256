import { Problem } from '../../model/problem.ts';

/** Of one agent. A task that prints much writes some thousand times a minute; an agent has a few at once. */
const requestsMax = 30_000;
/** Of an address from which somebody comes with no good credential. */
const unknownMax = 30;
const minuteMs = 60_000;
/** Keys are few; what is over is only in the way when there are many. */
const forgetAt = 10_000;

/** Counted in the memory of this hub, which it is to keep free for others. Both throw Problem 'throttled'. */
export interface AgentLimits {
  count(agent: string): void;
  countUnknown(from: string): void;
}

export function agentLimits(): AgentLimits {
  const minutes = new Map<string, Minute>();
  const count = (key: string, most: number): void => {
    const now = performance.now();
    const known = minutes.get(key);
    const minute = known && known.untilMs > now ? known : { used: 0, untilMs: now + minuteMs };
    if (minute !== known && minutes.size >= forgetAt) forgetOld(minutes, now);
    minutes.set(key, minute);
    if (++minute.used > most)
      throw new Problem('throttled', 'too many requests', {
        hint: 'Wait, and send the same again.',
        retryAfterMs: Math.ceil(minute.untilMs - now),
      });
  };
  return {
    count: (agent) => count(`agent ${agent}`, requestsMax),
    countUnknown: (from) => count(`unknown ${from}`, unknownMax),
  };
}

interface Minute {
  used: number;
  readonly untilMs: number;
}

function forgetOld(minutes: Map<string, Minute>, now: number): void {
  for (const [key, { untilMs }] of minutes) if (untilMs <= now) minutes.delete(key);
}
