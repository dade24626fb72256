import { z } from 'zod';
import type { MemoryWorld } from '../machine/memory-world.ts';

export const treeShape = z.object({
  from: z.string(),
  to: z.string(),
  only: z.array(z.string()).nullable(),
  except: z.array(z.string()),
});

/** What `copy-tree.php` does. Modes and owners go with the files, as they do when each user copies what is theirs. Or why not. */
export function copyTree({ from, to, only, except }: z.infer<typeof treeShape>, world: MemoryWorld): object | string {
  for (const path of [from, to]) if (world.get(path)?.kind !== 'directory') return `there is no directory ${path}`;
  const isWanted = (path: string): boolean =>
    (only === null || only.some((name) => path.startsWith(`${name}/`))) &&
    !except.some((name) => path === name || path.startsWith(`${name}/`));
  const wanted = (at: string): readonly string[] =>
    [...world.files.keys()].filter((path) => path.startsWith(`${at}/`) && isWanted(path.slice(at.length + 1)));
  const gone = wanted(to).filter((path) => !world.get(from + path.slice(to.length)));
  for (const path of gone) world.remove(path);
  let [files, bytes] = [0, 0];
  for (const path of wanted(from)) {
    const copy = to + path.slice(from.length);
    const [source, there] = [world.get(path), world.get(copy)];
    if (!source || (there?.kind === source.kind && there.text === source.text)) continue;
    if (world.diskIsFull) return `no space is left for ${copy}`;
    const { kind, text, modifiedMs: _, ...mode } = source;
    if (kind === 'directory') world.directory(copy, mode);
    else world.put(copy, text, { kind, ...mode });
    if (kind === 'file') [files, bytes] = [files + 1, bytes + text.length];
  }
  return { files, bytes, removed: gone.length, skipped: [] };
}

export function measureTree(path: string, apart: readonly string[], world: MemoryWorld): object {
  const below = (top: string) => [...world.files].filter(([one]) => one.startsWith(`${top}/`));
  const bytes = (top: string) => below(top).reduce((sum, [, { text }]) => sum + text.length, 0);
  return { files: below(path).length, bytes: bytes(path), apart: apart.map((name) => bytes(`${path}/${name}`)) };
}
