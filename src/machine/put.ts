import { Secret } from '../model/secret.ts';
import type { FileMode, Machine } from './machine.ts';

/** What is different now, in sentences; empty: all was as wanted and nothing was touched. */
export type Changes = readonly string[];

/** Writes only what is not there yet: verify leaves unchanged files (and their times) alone. */
export async function putFile(machine: Machine, path: string, text: string | Secret, mode: FileMode): Promise<Changes> {
  const stat = await machine.stat(path);
  const wanted = text instanceof Secret ? text.reveal() : text;
  const same = stat?.kind === 'file' && hasMode(stat, mode) && (await machine.read(path)) === wanted;
  if (same) return [];
  await machine.write(path, text, mode);
  return [stat === null ? `wrote ${path}` : `rewrote ${path}`];
}

export async function putDirectory(machine: Machine, path: string, mode: FileMode): Promise<Changes> {
  const stat = await machine.stat(path);
  if (stat?.kind === 'directory' && hasMode(stat, mode)) return [];
  await machine.makeDirectory(path, mode);
  return [stat === null ? `made ${path}` : `set ${path} to ${mode.mode}${mode.group ? ` ${mode.group}` : ''}`];
}

const hasMode = (stat: { mode: string; group: string }, { mode, group }: FileMode): boolean =>
  Number.parseInt(stat.mode, 8) === Number.parseInt(mode, 8) && (group === undefined || stat.group === group);
