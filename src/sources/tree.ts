import { query } from '../machine/command.ts';
import type { Machine } from '../machine/machine.ts';
import type { BuildLimits } from '../model/platform-source.ts';
import { Problem } from '../model/problem.ts';
import { linkThatLeadsOut } from './links.ts';
import { tooLarge } from './sandbox.ts';

export interface TreeFound {
  readonly bytes: number;
  /** Of files, in the tree. */
  readonly paths: readonly string[];
}

interface Entry {
  readonly kind: string;
  readonly mode: number;
  readonly bytes: number;
  readonly target: string;
  readonly path: string;
}

/**
 * Looks at every entry of a tree that nobody changes any more. Throws Problem 'invalid' for devices, pipes, sockets, what
 * would run as its owner, and links that lead out of it; 'too-large' for more than the limits.
 */
export async function checkTree(machine: Machine, tree: string, limits: BuildLimits): Promise<TreeFound> {
  const entries = await entriesOf(machine, tree);
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  if (bytes > limits.bytesMax || entries.length > limits.filesMax) throw tooLarge('the code', limits);
  const refuse = (why: string): Problem =>
    new Problem('invalid', `the code is refused: ${why}`, { hint: 'Nothing of it is left on the server.' });
  for (const { kind, mode, path } of entries) {
    if (!/^[fdl]$/.test(kind)) throw refuse(`'${path}' is neither a file, a directory nor a link`);
    if (kind !== 'l' && (mode & 0o6000) !== 0) throw refuse(`'${path}' would run as its owner (setuid or setgid)`);
  }
  const links = new Map(entries.flatMap(({ kind, path, target }) => (kind === 'l' ? [[path, target] as const] : [])));
  const out = linkThatLeadsOut(links);
  if (out !== null) throw refuse(`the link '${out}' to '${links.get(out)}' leads out of it`);
  return { bytes, paths: entries.flatMap(({ kind, path }) => (kind === 'f' ? [path] : [])) };
}

/** Names may hold anything but NUL. */
async function entriesOf(machine: Machine, tree: string): Promise<readonly Entry[]> {
  const format = '%y %m %s %l\\0%P\\0';
  const asked = query`find ${tree} -mindepth 1 -printf ${format}`;
  const { stdout } = await machine.run({ ...asked, quiet: true, timeoutMs: 10 * 60_000 });
  const parts = stdout.split('\0').slice(0, -1);
  return Array.from({ length: parts.length / 2 }, (_, at) => {
    const [, kind = '?', mode = '0', bytes = '0', target = ''] =
      /^(\S+) (\d+) (\d+) (.*)$/s.exec(parts[at * 2] ?? '') ?? [];
    return { kind, mode: Number.parseInt(mode, 8), bytes: Number(bytes), target, path: parts[at * 2 + 1] ?? '' };
  });
}
