import type { EndpointName } from '../api/endpoints.ts';
import type { Caller } from './access.ts';
import { countOneMore, demandLeft, type Used } from './allowance.ts';
import type { Reader } from './hub.ts';
import { settingValue } from './setting.ts';
import { guessFrom } from './sign-in/guesses.ts';
import type { Visit } from './sign-in/visit.ts';

/** Headers of https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/06/, where something is counted. */
type Headers = Readonly<Record<string, string>>;

export interface RateLimits {
  /** Counts one request. `tell` is given the headers also when this throws Problem 'throttled'. */
  count(name: EndpointName, caller: Caller, visit: Visit, tell: (headers: Headers) => void): Promise<void>;
}

/**
 * What a token, or an address of which nobody has signed in, may ask of this hub in a minute: counted in its memory, as it is to keep
 * the hub itself free for others. How many sites may be ordered is counted in the database, over all hubs. People who are signed in
 * with a browser are not counted, nor is who comes through the socket.
 */
export function rateLimits(db: Reader): RateLimits {
  const minutes: Minutes = new Map();
  return {
    async count(name, caller, visit, tell) {
      const key = keyOf(caller, visit);
      if (key === null) return;
      const { most, used, untilMs } = await oneMore(db, minutes, key);
      if (most !== null) tellAndDemand({ most, used, withinS: 60, leftMs: untilMs - performance.now() }, tell);
      if (name !== 'order create') return;
      const allowance = { most: await settingValue(db, 'order.hourly-max'), withinS: 3600 };
      for (const what of [key, guessFrom(visit.address).key])
        tellAndDemand(await countOneMore(db, `orders of ${what}`, allowance), tell);
    },
  };
}

interface Minute {
  /** Null: not limited. */
  readonly most: number | null;
  readonly untilMs: number;
  used: number;
}
type Minutes = Map<string, Minute>;

async function oneMore(db: Reader, minutes: Minutes, key: string): Promise<Minute> {
  const now = performance.now();
  const known = minutes.get(key);
  const minute =
    known && known.untilMs > now
      ? known
      : { most: await settingValue(db, 'api.requests-per-minute'), untilMs: now + 60_000, used: 0 };
  if (minute !== known) {
    if (minutes.size >= forgetAt) for (const [old, { untilMs }] of minutes) if (untilMs <= now) minutes.delete(old);
    minutes.set(key, minute);
  }
  minute.used += 1;
  return minute;
}

/** Keys are few; what is over is only in the way when there are many. */
const forgetAt = 10_000;

function tellAndDemand(used: Used, tell: (headers: Headers) => void): void {
  tell({
    'ratelimit-limit': String(used.most),
    'ratelimit-remaining': String(Math.max(used.most - used.used, 0)),
    'ratelimit-reset': String(Math.ceil(used.leftMs / 1000)),
  });
  demandLeft(used);
}

function keyOf(caller: Caller, { address }: Visit): string | null {
  if (caller.kind === 'stranger') return guessFrom(address).key;
  return caller.kind === 'account' && caller.token !== undefined ? `token:${caller.token}` : null;
}
