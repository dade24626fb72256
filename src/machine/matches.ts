import type { FileStat, Find } from './machine.ts';

const globs = new Map<string, RegExp>();

/** Matches a name with a glob of find -name: * ? [abc] [!abc] and \ before any of them. */
export function glob(pattern: string): RegExp {
  let known = globs.get(pattern);
  if (!known) {
    known = new RegExp(`^${pattern.replace(/\\(.)|\[(!?)(\]?[^\]]*)\]|[\s\S]/gu, translate)}$`, 'su');
    if (globs.size > 1_000) globs.clear();
    globs.set(pattern, known);
  }
  return known;
}

function translate(part: string, escaped?: string, not?: string, set?: string): string {
  if (part === '*') return '.*';
  if (part === '?') return '.';
  if (set !== undefined) return `[${not ? '^' : ''}${set.replace(/[\\\]^[]/g, '\\$&')}]`;
  return (escaped ?? part).replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

export const hasName = (name: string, names: readonly string[] | undefined): boolean =>
  names === undefined || names.length === 0 || names.some((pattern) => glob(pattern).test(name));

/** Whether `find` below `root` lists it; the parents of its path below `root` are taken for directories. */
export function isFound(
  root: string,
  { path, kind }: Pick<FileStat, 'path' | 'kind'>,
  { names, prune, depthMax, directories }: Find,
): boolean {
  if (!isBelow(path, root)) return false;
  const parts = path.slice(root === '/' ? 1 : root.length + 1).split('/');
  const [name = ''] = parts.slice(-1);
  if (parts.length > (depthMax ?? Number.POSITIVE_INFINITY)) return false;
  if (parts.slice(0, -1).some((part) => prune?.includes(part))) return false;
  return hasName(name, names) || (directories === true && kind === 'directory' && !prune?.includes(name));
}

export const isBelow = (path: string, root: string): boolean =>
  path !== root && path.startsWith(root === '/' ? '/' : `${root}/`);

export const parentOf = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf('/')));
