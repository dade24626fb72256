import { z } from 'zod';
import type { Machine } from '../machine/machine.ts';
import { Problem } from '../model/problem.ts';
import { callTool } from './tool.ts';
import { aboveOf, digestTree, type Entry, fitTree, listTree, packTree, type TravellingTree } from './tree-travel.ts';

/** Two directories that stand for one on two servers, on which both may be written. */
export interface BroughtTree extends Pick<TravellingTree, 'source' | 'target' | 'from' | 'to' | 'except'> {
  /** Only what is not there, or is older there: what is written on both sides stays what it is on the side where that was last. */
  readonly onlyNewer: boolean;
}

/** Hidden, so never served; on the same disk as where it goes from there. */
const arriving = '.aegir-arriving';
const placeMs = 30 * 60_000;
/** No time is after this: whether something has changed since, only its size and time say. */
const never = Number.MAX_SAFE_INTEGER;

/**
 * Brings what differs from one server to another, by this user, who owns it on both (null: we). Nothing is removed there because it
 * is not here: it may have been written there. Whoever reads a file meanwhile has the old one or the new. Asked again, only what
 * has changed is sent; what was cut short is begun anew. Answers how many files and links it brought.
 */
export async function bringTree(user: string | null, tree: BroughtTree): Promise<number> {
  const { source, target, onlyNewer } = tree;
  const except = exceptOf(tree);
  const within = await differing(user, tree);
  if (within.length === 0) return 0;
  const look = (machine: Machine, at: string) => listTree(machine, user, at, { only: null, except, within }, never);
  const [from, to] = await Promise.all([look(source, tree.from), look(target, tree.to)]);
  const wanted = [...from.entries].filter(([name, entry]) => isWanted(entry, to.entries.get(name), onlyNewer));
  if (wanted.length === 0) return 0;
  const of = (kind: string) => wanted.filter(([, entry]) => entry.kind === kind).map(([name]) => name);
  const files = of('f');
  const links = wanted.flatMap(([name, { kind, link }]) => (kind === 'l' ? [[name, link] as const] : []));
  // With those around what is sent, which keep their modes.
  const directories = [...new Set([...of('d'), ...wanted.flatMap(([name]) => aboveOf(name))])].toSorted();
  const staged = { source, target, from: tree.from, to: `${tree.to}/${arriving}` };
  await place(user, tree, true);
  if (directories.length + files.length > 0) await packTree(user, staged, [...directories, ...files], to.user);
  if (links.length > 0) await fitTree(user, staged, { gone: [], links }, []);
  await place(user, tree, false);
  return files.length + links.length;
}

/** Whether there is nothing to bring. Only looks; false also where there is no directory yet. */
export async function isBrought(user: string | null, tree: Omit<BroughtTree, 'onlyNewer'>): Promise<boolean> {
  try {
    return (await differing(user, tree)).length === 0;
  } catch (error) {
    if (error instanceof Problem && error.code === 'not-found') return false;
    throw error;
  }
}

const exceptOf = ({ except }: Pick<BroughtTree, 'except'>): readonly string[] => [...except, arriving];

/** Directories in which something differs. Most of the time there are none, which is known without a word on each file. */
async function differing(user: string | null, tree: Omit<BroughtTree, 'onlyNewer'>): Promise<readonly string[]> {
  const except = exceptOf(tree);
  const [here, there] = await Promise.all([
    digestTree(tree.source, user, tree.from, except),
    digestTree(tree.target, user, tree.to, except),
  ]);
  return [...here].flatMap(([name, digest]) => (there.get(name) === digest ? [] : [name]));
}

/** What is on both sides and newer where it comes to, stays. Of directories only the mode and group are compared. */
function isWanted(entry: Entry, there: Entry | undefined, onlyNewer: boolean): boolean {
  if (there === undefined) return true;
  if (onlyNewer) return entry.kind === 'f' && there.kind === 'f' && entry.modifiedS > there.modifiedS;
  if (entry.kind !== 'd' || there.kind !== 'd') return entry.facts !== there.facts;
  return there.isOwn && rightsOf(entry) !== rightsOf(there);
}

const rightsOf = ({ facts }: Entry): string => facts.split(' ').slice(3).join(' ');

async function place(user: string | null, { target, to }: BroughtTree, begin: boolean): Promise<void> {
  await callTool(target, user, 'place tree', { path: to, arriving, begin }, z.array(z.never()), {
    ...{ timeoutMs: placeMs, effect: 'changes', dryAnswer: [] },
  });
}
