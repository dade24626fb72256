import { Secret } from '../model/secret.ts';
import type { FileMode, FileStat, Machine } from './machine.ts';

/** What is different now, in sentences; empty: all was as wanted and nothing was touched. */
export type Changes = readonly string[];

/** Writes only what is not there yet: verify leaves unchanged files (and their times) alone. `seen` is how it has just been found. */
export async function putFile(
  machine: Machine,
  path: string,
  text: string | Secret,
  mode: FileMode,
  seen?: FileStat | null,
): Promise<Changes> {
  const stat = seen === undefined ? await machine.stat(path) : seen;
  const wanted = text instanceof Secret ? text.reveal() : text;
  const same = stat?.kind === 'file' && hasMode(stat, mode) && (await machine.read(path)) === wanted;
  if (same) return [];
  await machine.write(path, text, mode);
  return [stat === null ? `wrote ${path}` : `rewrote ${path}`];
}

export const putDirectory = (machine: Machine, path: string, mode: FileMode): Promise<Changes> =>
  putManyDirectories(machine, [{ path, ...mode }]);

/** In this order, parents first. One look for all of them. */
export async function putManyDirectories(
  machine: Machine,
  wanted: readonly (FileMode & { readonly path: string })[],
): Promise<Changes> {
  const stats = await machine.statMany(wanted.map(({ path }) => path));
  const changes: string[] = [];
  for (const { path, ...mode } of wanted) {
    const stat = stats.get(path);
    if (stat?.kind === 'directory' && hasMode(stat, mode)) continue;
    await machine.makeDirectory(path, mode);
    changes.push(stat ? `set ${path} to ${mode.mode}${mode.group ? ` ${mode.group}` : ''}` : `made ${path}`);
  }
  return changes;
}

const hasMode = (stat: { mode: string; group: string }, { mode, group }: FileMode): boolean =>
  Number.parseInt(stat.mode, 8) === Number.parseInt(mode, 8) && (group === undefined || stat.group === group);
