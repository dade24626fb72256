import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Arguments and environment of every process that has this word in its arguments, until it is over. */
export async function watched(word: string, work: Promise<unknown>): Promise<string> {
  let seen = '';
  let isOver = false;
  const ended = work.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid)))
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        if (words.includes(word)) seen += `${words}\n${readFileSync(`/proc/${pid}/environ`, 'utf8')}\n`;
      } catch {
        // It has ended meanwhile.
      }
    await sleep(20);
  }
  await ended;
  return seen;
}
