import type { FileStat, Machine } from '../machine/machine.ts';
import type { Json } from '../model/json.ts';
import type { PackageScan } from './application.ts';

export type ScannedFiles = PackageScan['files'];

/**
 * What is in each file, by path relative to `root`: read and judged anew only where size or time differ from the earlier scan's.
 * `judge` must depend on nothing but the text and the path.
 */
export async function scanFiles(
  machine: Machine,
  root: string,
  stats: readonly FileStat[],
  known: PackageScan | null,
  judge: (path: string, text: string) => Json,
): Promise<ScannedFiles> {
  const earlier = known?.files ?? {};
  const files: Record<string, ScannedFiles[string]> = {};
  const changed: FileStat[] = [];
  for (const stat of stats) {
    const path = relative(root, stat.path);
    const old = earlier[path];
    if (old && old.sizeBytes === stat.sizeBytes && old.modifiedMs === stat.modifiedMs) files[path] = old;
    else changed.push(stat);
  }
  const texts =
    changed.length === 0 ? new Map<string, string>() : await machine.readMany(changed.map(({ path }) => path));
  for (const { path: absolute, sizeBytes, modifiedMs } of changed) {
    const text = texts.get(absolute);
    const path = relative(root, absolute);
    if (text !== undefined) files[path] = { sizeBytes, modifiedMs, found: judge(path, text) };
  }
  return files;
}

/** A path beside the root starts with '../'. */
export function relative(root: string, path: string): string {
  if (path.startsWith(`${root}/`)) return path.slice(root.length + 1);
  const parent = root.replace(/\/[^/]+$/, '');
  return path.startsWith(`${parent}/`) ? `../${path.slice(parent.length + 1)}` : path;
}
