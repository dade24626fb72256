import { setTimeout as wait } from 'node:timers/promises';

const firstMs = 50;
const longestMs = 1_000;

/** How long to wait before each look, while somebody has `graceMs` to end: often in the beginning, seldom later, at least once. */
export function looksWithin(graceMs: number): readonly number[] {
  const waits: number[] = [];
  for (let [next, left] = [firstMs, graceMs]; waits.length === 0 || left > 0; next = Math.min(next * 2, longestMs)) {
    waits.push(waits.length === 0 ? next : Math.min(next, left));
    left -= next;
  }
  return waits;
}

/** Who was told to end may have much to put back first. */
export const endMaxMs = 60_000;

/** Hours: as long as the biggest of databases takes to be copied; a task ends sooner by its own limit. */
export const wholeDatabaseMs = 6 * 60 * 60_000;

/** Looks again until it is well, or so much time has passed. Answers what was seen last. */
export async function lookUntil<Seen>(
  look: () => Promise<Seen>,
  isWell: (seen: Seen) => boolean,
  limitMs: number,
): Promise<Seen> {
  let seen = await look();
  for (const waitMs of looksWithin(limitMs)) {
    if (isWell(seen)) break;
    await wait(waitMs);
    seen = await look();
  }
  return seen;
}
