import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Proportional set size in MB: what a process holds alone, and its share of what it has in common with others.
 * The least of five looks within a second, as garbage is no need.
 */
export async function memoryMb(pid: number): Promise<number> {
  const looks: number[] = [];
  for (let look = 0; look < 5; look++) {
    if (look > 0) await sleep(250);
    const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
    looks.push(Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1]) / 1024);
  }
  return Math.min(...looks);
}
