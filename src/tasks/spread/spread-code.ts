import { dirname, relative } from 'node:path/posix';
import { bringTree, isBrought } from '../../applications/tree-bring.ts';
import type { Machine } from '../../machine/machine.ts';
import { type Changes, putDirectory, putFile } from '../../machine/put.ts';
import { counted } from '../../model/counted.ts';
import { Problem } from '../../model/problem.ts';
import { allEnded } from '../all-ended.ts';
import type { PlatformContext } from '../context.ts';

type Coded = Pick<PlatformContext, 'http' | 'machine' | 'build' | 'siteDirectories' | 'report'>;

/** The code of a platform comes to all members of a cluster, at the same path; its sites come by themselves. */
export async function spreadCode(context: Coded, root: string): Promise<Changes> {
  const { http, machine: source, report } = context;
  if (!http.spread || report.isDryRun) return [];
  const path = await projectOf(context, root);
  // With what only a member has.
  const except = [relative(path, mark(path)), ...sitesIn(context, path, root)];
  const changes: string[] = [];
  for (const { server, machine: target } of http.spread.members) {
    const tree = { source, target, from: path, to: path, except };
    // Both at once, as each look costs a way there and back.
    const [there, isThere] = await allEnded([target.statMany([mark(path), `${root}/sites`]), isBrought(null, tree)]);
    if (!there.has(mark(path))) await putMark(target, path);
    const files = isThere ? 0 : await bringTree(null, { ...tree, onlyNewer: false });
    if (there.get(`${root}/sites`)?.mode !== '0755') await putDirectory(target, `${root}/sites`, { mode: '0755' });
    if (files > 0) changes.push(`${server}: brought ${counted(files, 'file')} of ${path}`);
  }
  return changes;
}

/** It is ours there, as we have brought it. */
export async function withdrawCode(context: Coded, root: string): Promise<void> {
  const { http } = context;
  const path = http.spread ? await projectOf(context, root) : root;
  for (const { machine } of http.spread?.members ?? [])
    if ((await machine.stat(mark(path))) !== null) await machine.remove(path);
}

/** What is in a directory with it came from us. */
const mark = (path: string): string => `${path}/.aegir-brought`;

async function putMark(machine: Machine, path: string): Promise<void> {
  if ((await machine.find(path, { depthMax: 1 })).length > 0)
    throw new Problem('conflict', `there is already a directory ${path} on ${machine.name}`, {
      hint: 'It did not come from the server of the cluster: look what is in it, and move it away.',
    });
  await putDirectory(machine, path, { mode: '0755' });
  await putFile(machine, mark(path), 'Brought by Aegir from the server of its cluster.\n', { mode: '0644' });
}

/** With what lies beside the document root, such as Composer's vendor directory. */
async function projectOf({ machine, build }: Coded, root: string): Promise<string> {
  if (build.tree !== null) return build.tree;
  return (await machine.stat(`${dirname(root)}/vendor/autoload.php`)) ? dirname(root) : root;
}

/** Directories of sites, and what is hidden beside them: what tasks keep there. */
function sitesIn({ siteDirectories }: Coded, path: string, root: string): readonly string[] {
  const below = relative(path, `${root}/sites`);
  return [...siteDirectories, '.*'].map((name) => `${below}/${name}`);
}
