import { randomBytes } from 'node:crypto';
import { command } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import type { ServerPaths } from '../../model/server.ts';
import type { Shelved } from './shelf.ts';

/** The machine whose files are stored, with a place for what is on its way. */
export interface Client {
  readonly machine: Machine;
  readonly paths: Pick<ServerPaths, 'root'>;
}

/** For what is on its way: ours alone, mode 0700. */
export const passingDirectory = ({ root }: Client['paths']): string => `${root}/passing`;

/** Longer than any transfer takes. */
const leftoverAgeMs = 48 * 60 * 60_000;

/**
 * Gives a directory of its own that nobody else can read, for keys and what is on its way, and takes it away. What a killed worker
 * left goes with the next call of the same name, which nobody else may use at that time; without one, with a later call.
 */
export async function passing<T>(
  { machine, paths }: Client,
  action: (directory: string) => Promise<T>,
  name = randomBytes(9).toString('hex'),
): Promise<T> {
  const all = passingDirectory(paths);
  const directory = `${all}/${name}`;
  for (const { path, modifiedMs } of await machine.find(all, { depthMax: 1 }))
    if (modifiedMs < Date.now() - leftoverAgeMs) await machine.remove(path);
  await machine.makeDirectory(all, { mode: '0700' });
  await machine.remove(directory);
  await machine.makeDirectory(directory, { mode: '0700' });
  try {
    return await action(directory);
  } finally {
    await clear(machine, directory); // There may be a key in it.
  }
}

/** Takes away what was on its way: once more where a connection was lost just then, as nobody comes by here again. */
export const clear = (machine: Machine, path: string): Promise<void> =>
  machine.remove(path).catch(() => machine.remove(path));

/** The files under the names that they will have, for programs that keep names. Answers their paths, in the same order. */
export async function staged(
  machine: Machine,
  directory: string,
  files: readonly Shelved[],
): Promise<readonly string[]> {
  const at = `${directory}/staged`;
  await machine.makeDirectory(at, { mode: '0700' });
  for (const { file, from } of files) await machine.run(command`ln -s ${from} ${at}/${file}`);
  return files.map(({ file }) => `${at}/${file}`);
}
