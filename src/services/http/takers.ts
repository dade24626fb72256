import { setTimeout as wait } from 'node:timers/promises';
import type { Machine } from '../../machine/machine.ts';

/** Between two looks. */
const pauseMs = 20;

/**
 * The processes that take requests at this moment, as a web server's main process has them for children. After a reload they
 * take no more, and end when they have answered what they took. None where the main process is not to be found.
 */
export async function takersOf(machine: Machine, pidPath: string): Promise<readonly string[]> {
  const pid = (await machine.read(pidPath))?.trim() ?? '';
  if (!/^\d+$/.test(pid)) return [];
  const children = await machine.read(`/proc/${pid}/task/${pid}/children`);
  return (children ?? '').split(/\s+/).filter((child) => child !== '');
}

/** Waits until none of these is there any more; false: not within `limitMs`. */
export async function areGone(
  machine: Machine,
  pidPath: string,
  takers: readonly string[],
  limitMs: number,
): Promise<boolean> {
  for (const endMs = Date.now() + limitMs; ; await wait(pauseMs)) {
    const now = new Set(await takersOf(machine, pidPath));
    if (!takers.some((taker) => now.has(taker))) return true;
    if (Date.now() > endMs) return false;
  }
}
