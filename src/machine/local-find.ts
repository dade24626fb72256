import { type Dirent, lstatSync, type Stats, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { errorCode } from './fault.ts';
import { absentIsNull } from './local-files.ts';
import type { Find, Look } from './machine.ts';
import { hasName } from './matches.ts';

// These throw what node:fs throws; LocalMachine makes Problems of it.

type Seen = (path: string, stats: Stats) => void;

/** Synchronous looks are several times faster, and after this many we pause for others. */
const looksAtOnce = 1_000;

/** Those that are there. */
export async function lookAt(paths: readonly string[], look: Look, seen: Seen): Promise<void> {
  for (const [index, path] of paths.entries()) {
    if (index % looksAtOnce === looksAtOnce - 1) await setImmediate();
    const stats = statsOf(path, look);
    if (stats) seen(path, stats);
  }
}

/** A directory that is to be entered, with those above it: a link may lead back to one of them. */
interface Entered {
  readonly path: string;
  readonly ids: readonly string[];
}

/** All below `path`; what vanishes meanwhile is left out. */
export async function findBelow(path: string, find: Find, seen: Seen): Promise<void> {
  const root = statsOf(path, find);
  let level: readonly Entered[] = root?.isDirectory() ? [{ path, ids: [idOf(root)] }] : [];
  for (let depth = 1; level.length > 0 && depth <= (find.depthMax ?? Number.POSITIVE_INFINITY); depth++) {
    const next: Entered[] = [];
    for (const above of level) next.push(...(await lookInto(above, find, seen)));
    level = next;
  }
}

/** One directory; returns those to enter next. */
async function lookInto(above: Entered, find: Find, seen: Seen): Promise<readonly Entered[]> {
  const enter: Entered[] = [];
  const entries = (await readdir(above.path, { withFileTypes: true }).catch(absentIsNull)) ?? [];
  for (const [index, entry] of entries.entries()) {
    if (index % looksAtOnce === looksAtOnce - 1) await setImmediate();
    const isWanted = hasName(entry.name, find.names);
    if (!isWanted && !mayBeDirectory(entry, find)) continue;
    const path = above.path === '/' ? `/${entry.name}` : `${above.path}/${entry.name}`;
    const entered = lookAtEntry(above, { path, entry, isWanted }, find, seen);
    if (entered) enter.push(entered);
  }
  return enter;
}

interface Entry {
  readonly path: string;
  readonly entry: Dirent;
  readonly isWanted: boolean;
}

/** An entry is looked at before it is entered, so its times are not newer than what is found in it. */
function lookAtEntry({ ids }: Entered, { path, entry, isWanted }: Entry, find: Find, seen: Seen): Entered | null {
  const isLooked = isWanted || find.directories === true || find.follow === true;
  const stats = isLooked ? statsOf(path, find) : undefined;
  const id = find.follow && stats?.isDirectory() ? idOf(stats) : '';
  if (id !== '' && ids.includes(id)) return null;
  const isEntered = (stats ?? entry).isDirectory() && !find.prune?.includes(entry.name);
  if (stats && (isWanted || (isEntered && find.directories))) seen(path, stats);
  return isEntered ? { path, ids: [...ids, id] } : null;
}

const mayBeDirectory = (entry: Dirent, { follow }: Look): boolean =>
  entry.isDirectory() || (follow === true && entry.isSymbolicLink());

/** undefined for what is not there, and for links that lead to each other. A link that leads nowhere is a link. */
function statsOf(path: string, { follow = false }: Look): Stats | undefined {
  try {
    return (follow && statSync(path, { throwIfNoEntry: false })) || lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (follow && errorCode(error) === 'ELOOP') return undefined;
    return absentIsNull(error) ?? undefined;
  }
}

const idOf = ({ dev, ino }: Stats): string => `${dev} ${ino}`;
