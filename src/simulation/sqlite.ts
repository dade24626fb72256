import { z } from 'zod';
import type { Output } from '../machine/machine.ts';
import type { MemoryWorld } from '../machine/memory-world.ts';

const shape = z.object({
  do: z.enum(['tables', 'copy', 'dump', 'load', 'close', 'reopen']),
  path: z.string(),
  from: z.string().optional(),
});

/** At the head of a simulated database that is closed. */
const closedMark = 'closed\n';

/** What `sqlite.php` does, to files that are no real databases: their text is all that counts. */
export function answerSqlite(given: unknown, world: MemoryWorld): Partial<Output> {
  const { do: verb, path, from } = shape.parse(given);
  const source = world.text(from ?? path);
  if (source === null) return { exitCode: 1, stderr: `there is no database ${from ?? path}\n` };
  const open = source.replace(closedMark, '');
  if (verb === 'tables') return { stdout: '[]' };
  if (verb === 'dump') return { stdout: open };
  if (world.diskIsFull) return { exitCode: 1, stderr: 'database or disk is full\n' };
  const { mode, owner, group } = world.get(path) ?? { mode: '0660', owner: 'www-data', group: 'www-data' };
  world.put(path, verb === 'close' ? closedMark + open : open, { mode, owner, group });
  return {};
}
