/** As the kernel: whoever needs more is in a circle. */
const hopsMax = 40;
/** What was not UTF-8: two names may look the same. */
const unreadable = '\uFFFD';

/**
 * The first link that leads out of the tree, or into a circle, or whose name cannot be read; null if none does. `links`
 * has every link of the tree: path in it → target. A link to something that is not there stays inside if its path does.
 */
export function linkThatLeadsOut(links: ReadonlyMap<string, string>): string | null {
  for (const [path, target] of links) {
    if (path.includes(unreadable) || target.includes(unreadable)) return path;
    if (!staysInside(links, path)) return path;
  }
  return null;
}

/** Goes the path part by part, as the kernel does: a '..' behind a link is above the link's target. */
function staysInside(links: ReadonlyMap<string, string>, path: string): boolean {
  const todo = path.split('/').toReversed();
  const at: string[] = [];
  for (let hops = 0; todo.length > 0; ) {
    const part = todo.pop();
    if (part === undefined || part === '' || part === '.') continue;
    if (part === '..') {
      if (at.pop() === undefined) return false;
      continue;
    }
    at.push(part);
    const target = links.get(at.join('/'));
    if (target === undefined) continue;
    if (target.startsWith('/') || ++hops > hopsMax) return false;
    at.pop();
    todo.push(...target.split('/').toReversed());
  }
  return true;
}
