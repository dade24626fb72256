import type { Machine } from '../machine/machine.ts';
import type { Changes } from '../machine/put.ts';
import { Problem } from '../model/problem.ts';
import type { WantedFile } from './application.ts';
import { writtenByAegir } from './php-text.ts';

/**
 * A platform that was somebody else's may have a sites.php of its own where ours goes. It is moved to the file's
 * `foreignTo` (sites.local.php, which ours includes) before ours is written, so nothing is lost. Called by every write of a wanted
 * file; does nothing where the file is absent or ours.
 * Throws 'conflict' if something is there already.
 */
export async function keepForeign(machine: Machine, { path, foreignTo }: WantedFile): Promise<Changes> {
  if (foreignTo === undefined) return [];
  const text = await machine.read(path);
  if (text === null || isOurs(text)) return [];
  if ((await machine.stat(foreignTo)) !== null)
    throw new Problem('conflict', `${path} was not written by Aegir, and ${foreignTo} is there too`, {
      hint: `Put what is still needed of both into ${foreignTo}, and remove ${path}.`,
    });
  await machine.move(path, foreignTo);
  return [`kept the ${path} that was there as ${foreignTo}`];
}

const isOurs = (text: string): boolean => text.split('\n', 3).some((line) => line.startsWith(writtenByAegir));
